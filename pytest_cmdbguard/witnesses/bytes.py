"""The byte witness: where a secret stands on disk or in Redis, as it is or merely encoded.

Rules of PostgreSQL that it relies on: after a CHECKPOINT every committed row is in the files
below ``base/``, each page begins with the position of the last change in the write-ahead log, and
the log between two positions holds all that was written between them. Both are read through SQL,
so it is the same for a server on this machine and elsewhere.

Not searched: PostgreSQL's own log, because it is our telemetry that writes statements there.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import struct
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from pytest_cmdbguard.witnesses.database import connect
from pytest_cmdbguard.witnesses.search import (
    CHUNK_BYTES,
    Hit,
    Needles,
    Part,
    forms,
    in_content,
    in_file,
    in_parts,
    once,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from pytest_cmdbguard.witnesses.redis import RedisWitness

# Of a part of a file, the runs of pages to search and where they begin.
type Runs = Callable[[bytes], Iterator[tuple[int, bytes]]]
# Seconds by which the clock that file systems stamp with (the kernel's last tick) may be behind.
_TICK_S = 0.1

_FILES = """
select 'base/' || d.oid || '/' || f as path, f as name
from pg_database d, pg_ls_dir('base/' || d.oid) f
where d.datname = current_database() and f ~ '^[0-9]+(\\.[0-9]+)?$'
"""
_THERE = text(_FILES)
_CHANGED = text(f"""
with file as ({_FILES}), relation as materialized (
  select pg_relation_filenode(oid)::text as node, relpersistence = 'p' as is_logged from pg_class)
select path, s.size, coalesce(is_logged, false)
from file cross join pg_stat_file(path, true) s
left join relation on node = split_part(name, '.', 1)
where s.modification >= to_timestamp(:since) and s.size > 0 order by 1
""")  # noqa: S608 - all of it is above
_RELATION = text("""
select coalesce(i.indrelid, t.oid, c.oid)::regclass::text
from pg_class c left join pg_index i on i.indexrelid = c.oid
left join pg_class t on t.reltoastrelid = c.oid
where pg_relation_filenode(c.oid) = :node
""")
_SEGMENTS = text("""
select 'pg_wal/' || name, size from pg_ls_waldir()
where name between pg_walfile_name(:since) and pg_walfile_name(pg_current_wal_insert_lsn())
order by name
""")


class Moment:
    """A point in the life of a database: what is written later is searched.

    A page of what is not logged has no position. Neither has what was loaded without the log,
    which PostgreSQL does where nothing was before (``wal_level = minimal``): in a new file.
    """

    def __init__(self, connection: Connection) -> None:
        connection.execute(text("checkpoint"))
        row = connection.execute(
            text(
                "select extract(epoch from clock_timestamp())::float8,"
                " pg_current_wal_lsn()::text, current_setting('block_size')::int"
            )
        ).one()
        # pg_stat_file() tells the time of a file in whole seconds, rounded down.
        self.seconds, self.lsn = math.floor(row[0] - _TICK_S), str(row[1])
        upper, _, lower = self.lsn.partition("/")
        self._position = int(upper, 16), int(lower, 16)
        self._page = struct.Struct(f"=II{row[2] - 8}x")  # pd_lsn, and the rest of a page
        self._files = frozenset(connection.execute(_THERE).scalars())

    def has(self, path: str) -> bool:
        """Whether a file of the database was there."""
        return path in self._files

    def fresh(self, content: bytes, *, placeless: bool) -> Iterator[tuple[int, bytes]]:
        """Of a part of a table: every run of pages with a later position, and where it begins.

        ``placeless`` says whether those without a position count.
        """
        size = self._page.size
        whole = len(content) - len(content) % size
        positions = self._page.iter_unpack(content[:whole])
        fresh = [
            position >= self._position or (placeless and position == (0, 0))
            for position in positions
        ]
        for is_fresh, run in itertools.groupby(range(len(fresh)), key=fresh.__getitem__):
            pages = list(run)
            if is_fresh:
                yield pages[0] * size, content[pages[0] * size : (pages[-1] + 1) * size]


class ByteWitness:
    """Searches what a target keeps.

    Args:
        admin_url: of a superuser of the target's database.
        redis: the target's Redis, None where there is none or nobody knows it.
        files: directories and files of the target on this machine: storage, logs.
        dump: makes a backup of the database as a file; None where none is searched.
    """

    def __init__(
        self,
        admin_url: str,
        *,
        redis: RedisWitness | None,
        files: Sequence[Path],
        dump: Callable[[], Path] | None = None,
    ) -> None:
        self._engine = connect(admin_url)
        self._redis, self._files, self._dump = redis, tuple(files), dump

    @property
    def media(self) -> tuple[str, ...]:
        """What it can search here."""
        more = {"redis": self._redis, "file": self._files, "dump": self._dump}
        return ("heap", "wal", *(name for name, there in more.items() if there))

    def mark(self) -> Moment:
        """The present moment; what was committed before it is on disk."""
        with self._engine.connect() as connection:
            return Moment(connection)

    def since(
        self, moment: Moment, tokens: Iterable[str], *, controls: Iterable[str] = ()
    ) -> list[Hit]:
        """Where any of the tokens was written since then, in any form; controls as they are.

        They must be fresh: a file of which any part is new is searched as a whole.
        """
        needles = {form: token for token in tokens for form in forms(token).items()}
        needles |= {("plain", control.encode()): control for control in controls}
        with self._engine.connect() as connection:
            connection.execute(text("checkpoint"))
            found = [*_heap(connection, moment, needles), *_wal(connection, moment, needles)]
        found += [*self._in_redis(needles), *self._in_dump(needles)]
        return [
            *found,
            *(hit for path in self._regular_files() for hit in in_file(path, needles, "file")),
        ]

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _in_redis(self, needles: Needles) -> Iterator[Hit]:
        for entry in (self._redis.dump() if self._redis else {}).values():
            place = entry.key.decode("utf-8", "replace")
            yield from in_content(entry.key + b"\0" + entry.content, needles, "redis", place)

    def _in_dump(self, needles: Needles) -> Iterator[Hit]:
        if self._dump is None:
            return
        path = self._dump()
        try:
            yield from in_file(path, needles, "dump")
        finally:
            path.unlink()

    def _regular_files(self) -> Iterator[Path]:
        for start in self._files:
            below = start.rglob("*") if start.is_dir() else (start,)
            yield from sorted(path for path in below if path.is_file() and not path.is_symlink())


def _heap(connection: Connection, moment: Moment, needles: Needles) -> Iterator[Hit]:
    for path, size, is_logged in connection.execute(_CHANGED, {"since": moment.seconds}).all():
        runs = functools.partial(moment.fresh, placeless=not (is_logged and moment.has(path)))
        for hit in _in_pages(_reader(connection, path), runs, size, needles, path):
            node = int(path.rpartition("/")[2].partition(".")[0])
            table = connection.scalar(_RELATION, {"node": node})
            yield dataclasses.replace(hit, table=str(table or ""))


def _wal(connection: Connection, moment: Moment, needles: Needles) -> Iterator[Hit]:
    for path, size in connection.execute(_SEGMENTS, {"since": moment.lsn}).all():
        yield from in_parts(_reader(connection, path), size, needles, "wal", path)


def _reader(connection: Connection, path: str) -> Part:
    """Reads parts of a file of the server; as they are, because hexadecimal takes three times as
    long.
    """
    query = "select pg_read_binary_file(%s, %s, %s, true)"
    driver = connection.connection.driver_connection

    def part(start: int, length: int) -> bytes:
        cursor = driver.execute(query, (path, start, length), binary=True)  # type: ignore[union-attr]  # it is psycopg's
        return bytes(cursor.fetchone()[0] or b"")

    return part


def _in_pages(part: Part, runs: Runs, size: int, needles: Needles, path: str) -> Iterator[Hit]:
    """In the pages that were written since; a row never lies across their edges."""
    return once(
        dataclasses.replace(hit, offset=start + first + hit.offset)
        for start in range(0, size, CHUNK_BYTES)
        for first, content in runs(part(start, CHUNK_BYTES))
        for hit in in_content(content, needles, "heap", path)
    )
