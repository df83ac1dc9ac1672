"""The cache directory: what is expensive to make is made once, by one run, and kept.

An entry is a directory that appears in full or not at all: it is built beside its place and
renamed. A file lock makes simultaneous first runs build it once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DRAFT = ".draft-"


def cache_directory() -> Path:
    """Where entries lie: ``$CMDBGUARD_CACHE``, else the platform's place for caches."""
    if told := os.environ.get("CMDBGUARD_CACHE"):
        return Path(told)
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "cmdbguard"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "cmdbguard"


@contextlib.contextmanager
def locked(name: str) -> Iterator[Path]:
    """Alone among all processes that use this cache; gives the cache directory.

    The lock dies with its holder, so a killed run never blocks another.
    Raises: OSError when the cache directory cannot be written.
    """
    directory = cache_directory()
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory


@contextlib.contextmanager
def locked_at_once(name: str) -> Iterator[bool]:
    """Like :func:`locked`, without waiting: gives False when another process has the lock."""
    with (cache_directory() / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def entry(name: str, build: Callable[[Path], None]) -> Path:
    """The directory of an entry; when it is not there, ``build(draft)`` fills it.

    Raises: OSError, and whatever ``build`` raises; then nothing is kept.
    """
    path = cache_directory() / name
    if path.is_dir():
        return path
    with locked(name.replace("/", "-")):
        return path if path.is_dir() else publish(path, build)


def forget_oldest(pattern: str, *, kept: int) -> None:
    """Of the entries with such names leave those that were used last; those in use stay."""
    found = [path for path in cache_directory().glob(pattern) if path.is_dir()]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[kept:]:
        with locked_at_once(path.name) as mine:
            if mine:
                shutil.rmtree(path, ignore_errors=True)


def publish(path: Path, build: Callable[[Path], None]) -> Path:
    """Build an entry beside its place and put it there. The caller holds its lock."""
    draft = path.with_name(DRAFT + path.name)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        build(draft)
        draft.rename(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return path
