"""What the target's containers share with this machine, under the same path inside and outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.services.watching import HOOK

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.services.run_directory import RunDirectory
    from pytest_cmdbguard.services.watching import Watch

AUTHORITIES = ("tls/authority.pem", "redis-tls/authority.pem")
OPEN = 0o1777  # whoever the container runs as; nobody else passes the run's directory, mode 0700


def authorities(run: RunDirectory) -> dict[Path, tuple[str, str]]:
    """Who signed the certificates of the run, as far as there are any by now."""
    paths = [run.path / name for name in AUTHORITIES]
    return {path: (str(path), "ro") for path in paths if path.is_file()}


def writable(path: Path, *, inside: Path | None = None) -> dict[Path, tuple[str, str]]:
    """A directory that the container may fill; made here if need be."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(OPEN)
    return {path: (str(inside or path), "rw")}


def watched(watch: Watch) -> dict[Path, tuple[str, str]]:
    """What is laid around an instance: the audit hook to read, what witnesses read to write."""
    for name in ("audit.log", "tripwire.log"):
        (watch.directory / name).touch()
        (watch.directory / name).chmod(0o666)
    return {
        HOOK: (str(HOOK), "ro"),
        **writable(watch.directory),
        **writable(watch.directory / "drop"),
    }
