"""PostgreSQL's jsonlog read from a mark to a barrier, through SQL and across rotations."""

from __future__ import annotations

import dataclasses
import time
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from pytest_cmdbguard.errors import ServiceNotReady

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHUNK_BYTES = 4 * 1024 * 1024
_BARRIER_S = 10.0
_PAUSE_S = 0.001
_LISTED = text(
    "select name, size from pg_ls_logdir() where name like '%.json' order by modification, name"
)
_SIZE = text("select (pg_stat_file(:file, true)).size")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in the server's log: a file name as PostgreSQL calls it and a byte offset.

    ``others`` are the names and sizes of the other files beside it at that time: what is new or
    has grown was written later, whatever the clock said then.
    """

    file: str
    offset: int
    others: Mapping[str, int] = dataclasses.field(default_factory=dict)


class LogTail:
    """Reads whole lines; ``mark`` is always the place after the last one it gave out."""

    def __init__(self, connection: Connection, mark: Mark | None = None) -> None:
        self._connection = connection
        self.mark = mark or self._end()

    def lines_until_barrier(self) -> Iterator[bytes]:
        """All lines logged before this call.

        The log is one pipe into one file, so the line that we provoke here comes after every
        line that was written before it, by whichever process.
        Raises: ServiceNotReady if that line does not appear within 10 s.
        """
        barrier = uuid.uuid4().hex
        self._connection.execute(text(f"do $$ begin raise log 'barrier-{barrier}'; end $$"))
        needle, deadline = barrier.encode(), time.monotonic() + _BARRIER_S
        for line in self._lines(deadline):
            if needle in line:
                return
            yield line

    def _lines(self, deadline: float) -> Iterator[bytes]:
        partial = b""
        while True:
            followed_by = self._next()
            chunk = self._read(self.mark.offset + len(partial))
            *whole, partial = (partial + chunk).split(b"\n")
            for line in whole:
                self._advance(len(line) + 1)
                yield line
            if chunk:
                continue
            if followed_by:
                self.mark, partial = followed_by, b""
            else:
                self._wait(deadline)

    def _wait(self, deadline: float) -> None:
        if time.monotonic() <= deadline:
            time.sleep(_PAUSE_S)
            return
        size = self._connection.scalar(_SIZE, {"file": self.mark.file})
        is_cut = size is None or size < self.mark.offset
        raise ServiceNotReady(
            "PostgreSQL",
            waited_s=_BARRIER_S,
            last_log=f"{self.mark.file} at byte {self.mark.offset}",
            remedy="its log was cut or taken away, and statements are lost: let only PostgreSQL "
            "rotate it"
            if is_cut
            else "its log does not grow: look for a full disk or a dead log collector",
        )

    def _advance(self, size: int) -> None:
        self.mark = dataclasses.replace(self.mark, offset=self.mark.offset + size)

    def _read(self, offset: int) -> bytes:
        # Bytes, because what a client sent need not be valid in any encoding.
        query = text("select pg_read_binary_file(:file, :offset, :length, true)")
        place = {"file": self.mark.file, "offset": offset, "length": _CHUNK_BYTES}
        return bytes(self._connection.scalar(query, place) or b"")

    def _next(self) -> Mark | None:
        """Where to read on once this file is at its end, if the server has turned to another.

        The one that is written now is the last, however old its name and time say that it is.
        """
        current = str(self._connection.scalar(text("select pg_current_logfile('jsonlog')")))
        if current == self.mark.file:
            return None
        folder, own, last = _parted(self.mark.file, current)
        sizes = {str(name): int(size) for name, size in self._connection.execute(_LISTED)}
        known = dict(self.mark.others)
        grown = [name for name in sizes if name != own and sizes[name] != known.get(name)]
        name = next(iter(sorted(grown, key=lambda one: one == last)), last)
        offset = known.pop(name, 0)
        if sizes.get(name, 0) < offset:  # it was written anew
            offset = 0
        return Mark(file=folder + name, offset=offset, others={**known, own: sizes.get(own, 0)})

    def _end(self) -> Mark:
        sizes = {str(name): int(size) for name, size in self._connection.execute(_LISTED)}
        query = text("select f, (pg_stat_file(f)).size from pg_current_logfile('jsonlog') as f")
        file, size = self._connection.execute(query).one()
        others = {name: n for name, n in sizes.items() if name != _parted(str(file))[1]}
        return Mark(file=str(file), offset=int(size), others=others)


def _parted(file: str, *others: str) -> tuple[str, ...]:
    """The folder of a file, with its slash, and the names of it and of others."""
    folder, slash, _ = file.rpartition("/")
    return folder + slash, *(path.rpartition("/")[2] for path in (file, *others))
