"""The directory of one run: everything the run starts or writes for itself lies under it.

``owner.json`` says which process the run belongs to, ``processes/NAME.json`` what was started.
Both make it possible to clean up after a run that was killed: every run begins with a sweep.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import secrets
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

from pytest_cmdbguard.errors import ServiceMissing

from .started import Started, kill, marked_with, wait_until_gone

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "cmdbguard-"
REMOVED_WITHIN_S = 2.0
OWNER = "owner.json"
NAME = re.compile(PREFIX + r"[0-9a-f]{8}")


class RunDirectory:
    """The directory of one run, shared by the controller and its workers."""

    def __init__(self, path: Path) -> None:
        """The directory at ``path``, which :meth:`create` made, maybe in another process."""
        self.path = path
        self.logs = path / "logs"
        self.processes = path / "processes"
        self.temporary = path / "tmp"
        self.starting = threading.RLock()
        self.closed = False

    def close(self) -> None:
        """From now on nothing more is started in it; returns when no start is under way."""
        with self.starting:
            self.closed = True

    @contextlib.contextmanager
    def starts(self, name: str) -> Iterator[None]:
        """A process is started in the block: whoever closes the run waits, and then sees it.

        Raises: ServiceMissing when the run is stopping.
        """
        with self.starting:
            if self.closed:
                raise ServiceMissing(name, "the run is being stopped", remedy="start another run")
            yield

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that no other run on this machine has."""
        return self.path.name.removeprefix(PREFIX)

    @classmethod
    def create(cls) -> Self:
        """A new directory that only its owner can read, under the system's temporary one.

        It does not use TMPDIR when that is long: paths of Unix sockets end at 100 characters.
        """
        parent = Path(tempfile.gettempdir())
        if len(str(parent)) > 60:
            parent = Path("/tmp")  # noqa: S108 - what is made there has mode 0700
        path = parent / (PREFIX + secrets.token_hex(4))
        path.mkdir(mode=0o700)
        run = cls(path)
        owner = Started.of(os.getpid(), name="owner", stop_signal=signal.SIGTERM)
        write_json(path / OWNER, dataclasses.asdict(owner))
        for directory in (run.logs, run.processes, run.temporary):
            directory.mkdir()
        return run

    def register(self, process: Started) -> None:
        """Remember a process on disk, so that it can be ended even when this one is killed."""
        write_json(
            self.processes / f"{process.name}-{process.pid}.json", dataclasses.asdict(process)
        )

    def forget(self, process: Started) -> None:
        """The process is gone."""
        (self.processes / f"{process.name}-{process.pid}.json").unlink(missing_ok=True)

    def end_processes(self) -> list[str]:
        """Ends every process of the run that still lives; their names."""
        registered = [_read_started(path) for path in self.processes.glob("*.json")]
        alive = [(entry, entry.running()) for entry in registered if entry]
        named = [(entry, process) for entry, process in alive if process]
        for entry, process in named:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(entry.stop_signal)
        wait_until_gone([process for _, process in named])
        rest = marked_with(self.path)
        kill(rest)
        return [entry.name for entry, _ in named] + [f"process {one.pid}" for one in rest]

    def remove(self) -> None:
        """Delete the directory; harmless when it is gone.

        A server that is ending may still write a file (PostgreSQL its statistics): then once
        more. ``owner.json`` goes last: should something be left, the next run's sweep finds it.
        """
        deadline = time.monotonic() + REMOVED_WITHIN_S
        self._remove_once()
        while self.path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
            self._remove_once()

    def _remove_once(self) -> None:
        for path in self.path.glob("*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != OWNER:
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            if [path.name for path in self.path.iterdir()] == [OWNER]:
                shutil.rmtree(self.path)

    def is_abandoned(self) -> bool:
        """Whether the run's owner is dead.

        Without ``owner.json`` it is one only when it is an old empty directory: its run was
        killed between two system calls. Anything else there is not ours to judge.
        """
        owner = _read_started(self.path / OWNER)
        if owner:
            return owner.running() is None
        with contextlib.suppress(OSError):
            return time.time() - self.path.stat().st_mtime > 60 and not any(self.path.iterdir())
        return False


def sweep() -> list[str]:
    """Removes what dead runs of this user left: processes and directories; their run ids."""
    swept = []
    for parent in {Path(tempfile.gettempdir()), Path("/tmp")}:  # noqa: S108 - see create()
        for path in sorted(parent.glob(PREFIX + "*")):
            if _is_ours(path) and (run := RunDirectory(path)).is_abandoned():
                run.end_processes()
                run.remove()
                swept.append(run.id)
    return swept


def write_json(path: Path, data: object) -> None:
    """The file is there in full or not at all, whoever reads at the same time."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_text(json.dumps(data), encoding="utf-8")
    draft.replace(path)


def _is_ours(path: Path) -> bool:
    """A real directory of this user with the form of name that :meth:`create` gives."""
    with contextlib.suppress(OSError):
        named = NAME.fullmatch(path.name) and not path.is_symlink() and path.is_dir()
        return bool(named) and path.stat().st_uid == os.getuid()
    return False


def _read_started(path: Path) -> Started | None:
    with contextlib.suppress(OSError, ValueError, TypeError):
        return Started(**json.loads(path.read_text(encoding="utf-8")))
    return None
