"""PostgreSQL's jsonlog read from a mark to a barrier, through SQL and across rotations."""

from __future__ import annotations

import dataclasses
import time
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from pytest_cmdbguard.errors import ServiceNotReady

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK_BYTES = 4 * 1024 * 1024
_BARRIER_S = 10.0
_PAUSE_S = 0.001


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in the server's log: a file name as PostgreSQL calls it and a byte offset."""

    file: str
    offset: int


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
            followed_by = self._next_file()
            chunk = self._read(self.mark.offset + len(partial))
            *whole, partial = (partial + chunk).split(b"\n")
            for line in whole:
                self._advance(len(line) + 1)
                yield line
            if not chunk:
                self._turn_or_wait(followed_by, deadline)

    def _turn_or_wait(self, followed_by: str | None, deadline: float) -> None:
        if followed_by:
            self.mark = Mark(file=followed_by, offset=0)
        elif time.monotonic() > deadline:
            raise ServiceNotReady(
                "PostgreSQL",
                waited_s=_BARRIER_S,
                last_log=f"{self.mark.file} at byte {self.mark.offset}",
                remedy="its log does not grow: look for a full disk or a dead log collector",
            )
        else:
            time.sleep(_PAUSE_S)

    def _advance(self, size: int) -> None:
        self.mark = dataclasses.replace(self.mark, offset=self.mark.offset + size)

    def _read(self, offset: int) -> bytes:
        # Bytes, because what a client sent need not be valid in any encoding.
        query = text("select pg_read_binary_file(:file, :offset, :length)")
        place = {"file": self.mark.file, "offset": offset, "length": _CHUNK_BYTES}
        return bytes(self._connection.scalar(query, place) or b"")

    def _next_file(self) -> str | None:
        """The log file after the one being read, if the server has turned to another."""
        query = text(
            "select regexp_replace(:file, '[^/]*$', name) from pg_ls_logdir()"
            " where name like '%.json' and name > regexp_replace(:file, '^.*/', '')"
            " order by modification, name limit 1"
        )
        if self._connection.scalar(text("select pg_current_logfile('jsonlog')")) == self.mark.file:
            return None
        found = self._connection.scalar(query, {"file": self.mark.file})
        return None if found is None else str(found)

    def _end(self) -> Mark:
        query = text("select f, (pg_stat_file(f)).size from pg_current_logfile('jsonlog') as f")
        file, size = self._connection.execute(query).one()
        return Mark(file=str(file), offset=int(size))
