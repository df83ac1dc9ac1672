"""Seeded clusters, kept in the cache: the second run copies what the first one seeded."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

from . import cache
from .process import finished
from .telemetry import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .run_directory import RunDirectory

LAYOUT = 1  # counts up when a data directory is made in another way
KEPT = 3
DATA, FACTS = "data", "facts.json"


class Snapshot:
    """One place in the cache for the data directory of a stopped, seeded cluster."""

    def __init__(self, *facts: str, run: RunDirectory) -> None:
        """The place of the cluster that these facts describe (versions, schema, size, seed).

        Copies end with ``run``, and none begins when it is closed.
        """
        self._run = run
        digest = hashlib.sha256("\x1f".join((str(LAYOUT), *facts)).encode()).hexdigest()
        self.name = f"snapshot-{digest[:16]}"

    @property
    def path(self) -> Path:
        """Where it lies, if it does."""
        return cache.cache_directory() / self.name

    @contextlib.contextmanager
    def reserved(self) -> Iterator[None]:
        """Only this process reads or makes the snapshot: simultaneous first runs seed once.

        A cache that cannot be used is no reason to stop: then nothing is reserved.
        """
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                stack.enter_context(cache.locked(self.name))
            yield

    def restore(self, data: Path) -> bool:
        """Copy it to ``data``; False when there is none, or it is damaged and was discarded."""
        if not self._is_whole():
            self.discard()
            return False
        try:
            self._copy(self.path / DATA, data)
        except (OSError, shutil.Error):
            shutil.rmtree(data, ignore_errors=True)
            raise
        os.utime(self.path)
        return True

    def save(self, data: Path) -> str:
        """Keep a copy of the data directory of a stopped cluster.

        Returns: the empty string, or why it could not be kept; the run can go on without it.
        """

        def build(draft: Path) -> None:
            self._copy(data, draft / DATA)
            (draft / FACTS).write_text(json.dumps({"size_bytes": size_bytes(draft / DATA)}))

        try:
            cache.publish(self.path, build)
        except (OSError, shutil.Error) as error:
            return f"no snapshot is kept in {self.path.parent}: {error}"
        cache.forget_oldest("snapshot-*", kept=KEPT)
        return ""

    def discard(self) -> None:
        """Delete it; harmless when it is not there."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _is_whole(self) -> bool:
        """Whether all that was saved is still there."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            facts = json.loads((self.path / FACTS).read_text())
            return bool(facts["size_bytes"] == size_bytes(self.path / DATA))
        return False

    def _copy(self, source: Path, target: Path) -> None:
        """Copy a directory tree, sharing blocks where the file system can.

        Raises: OSError, shutil.Error; ServiceMissing when the run is stopping.
        """
        with contextlib.suppress(FileNotFoundError):
            argv = ["cp", "-a", "--reflink=auto", str(source), str(target)]
            cp = finished(self._run, NAME, argv)
            if cp.returncode == 0:
                return
            if cp.returncode < 0:
                raise OSError(f"the copy was ended by signal {-cp.returncode}")
            if "No space left" in cp.stderr:
                raise OSError(cp.stderr.strip().splitlines()[-1])
        if self._run.closed:  # and the target may be gone: what follows would make it anew
            raise OSError("the run is being stopped")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)  # without GNU cp


def size_bytes(directory: Path) -> int:
    """The sum of the sizes of all files below."""
    total = 0
    for folder, _, names in os.walk(directory):
        total += sum(os.stat(os.path.join(folder, name)).st_size for name in names)  # noqa: PTH116, PTH118 - thousands of files
    return total
