"""The byte witness: where a secret stands on disk or in Redis, as it is or merely encoded.

Rules of PostgreSQL that it relies on: after a CHECKPOINT every committed row is in the files
below ``base/``, and the write-ahead log between two positions holds all that was written between
them. Both are read through SQL, so it is the same for a server on this machine and elsewhere.

Not searched: PostgreSQL's own log, because it is our telemetry that writes statements there.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from pytest_cmdbguard.witnesses.database import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_cmdbguard.witnesses.redis import RedisWitness

NAMES = {
    "heap": "tables",
    "wal": "write-ahead log",
    "redis": "Redis",
    "file": "file",
    "dump": "backup by pg_dump",
}
_CHUNK_BYTES = 16 * 1024 * 1024
_SHOWN_BYTES = 24
# Seconds by which the clock that file systems stamp with (the kernel's last tick) may be behind.
_TICK_S = 0.1

_CHANGED = text("""
select 'base/' || d.oid || '/' || f, s.size
from pg_database d, pg_ls_dir('base/' || d.oid) f,
  pg_stat_file('base/' || d.oid || '/' || f, true) s
where d.datname = current_database() and f ~ '^[0-9]+(\\.[0-9]+)?$'
  and s.modification >= to_timestamp(:since) and s.size > 0 order by 1
""")
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A secret was found.

    ``medium`` is ``heap``, ``wal``, ``redis``, ``file`` or ``dump``; ``place`` names file or key,
    ``table`` the relation of a heap file; ``form`` is ``plain``, ``base64`` or ``hex``.
    """

    token: str
    medium: str
    place: str
    offset: int
    form: str
    table: str = ""
    shown: str = ""

    def __str__(self) -> str:
        what = f"table {self.table or 'unknown'}" if self.medium == "heap" else NAMES[self.medium]
        return f"{what}, {self.place} at byte {self.offset} ({self.form}): {self.shown}"


class Moment:
    """A point in the life of a database: what is written later is searched."""

    def __init__(self, connection: Connection) -> None:
        connection.execute(text("checkpoint"))
        row = connection.execute(
            text(
                "select extract(epoch from clock_timestamp())::float8, pg_current_wal_lsn()::text"
            )
        ).one()
        # pg_stat_file() tells the time of a file in whole seconds, rounded down.
        self.seconds, self.lsn = math.floor(row[0] - _TICK_S), str(row[1])


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
            *(hit for path in self._regular_files() for hit in _in_file(path, needles, "file")),
        ]

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _in_redis(self, needles: Needles) -> Iterator[Hit]:
        for entry in (self._redis.dump() if self._redis else {}).values():
            place = entry.key.decode("utf-8", "replace")
            yield from _found(entry.key + b"\0" + entry.content, needles, "redis", place)

    def _in_dump(self, needles: Needles) -> Iterator[Hit]:
        if self._dump is None:
            return
        path = self._dump()
        try:
            yield from _in_file(path, needles, "dump")
        finally:
            path.unlink()

    def _regular_files(self) -> Iterator[Path]:
        for start in self._files:
            below = start.rglob("*") if start.is_dir() else (start,)
            yield from sorted(path for path in below if path.is_file() and not path.is_symlink())


# (form, bytes) to the token that they are a form of.
Needles = dict[tuple[str, bytes], str]


def forms(token: str) -> Mapping[str, bytes]:
    """How a text looks in bytes, as it is and encoded; anyone can read all of them.

    Of base64 the part that does not depend on what stands around it, for each of the three
    places at which it can begin.
    """
    raw = token.encode()
    found = {"plain": raw, "hex": raw.hex().encode()}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        found[f"base64+{shift}"] = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
    return found


def _heap(connection: Connection, moment: Moment, needles: Needles) -> Iterator[Hit]:
    for path, size in connection.execute(_CHANGED, {"since": moment.seconds}).all():
        for hit in _read(connection, path, size, needles, "heap"):
            node = int(path.rpartition("/")[2].partition(".")[0])
            table = connection.scalar(_RELATION, {"node": node})
            yield dataclasses.replace(hit, table=str(table or ""))


def _wal(connection: Connection, moment: Moment, needles: Needles) -> Iterator[Hit]:
    for path, size in connection.execute(_SEGMENTS, {"since": moment.lsn}).all():
        yield from _read(connection, path, size, needles, "wal")


def _read(
    connection: Connection, path: str, size: int, needles: Needles, medium: str
) -> Iterator[Hit]:
    query = text("select pg_read_binary_file(:path, :start, :length, true)")

    def part(start: int, length: int) -> bytes:
        place = {"path": path, "start": start, "length": length}
        return bytes(connection.scalar(query, place) or b"")

    return _in_parts(part, size, needles, medium, path)


def _in_file(path: Path, needles: Needles, medium: str) -> Iterator[Hit]:
    with path.open("rb") as file:

        def part(start: int, length: int) -> bytes:
            file.seek(start)
            return file.read(length)

        yield from _in_parts(part, path.stat().st_size, needles, medium, str(path))


def _in_parts(
    part: Callable[[int, int], bytes], size: int, needles: Needles, medium: str, place: str
) -> Iterator[Hit]:
    """The parts overlap, so that nothing is hidden at their edges; each needle is told once."""
    longest = max(len(needle) for _, needle in needles)
    told: set[tuple[str, str]] = set()
    for start in range(0, size, _CHUNK_BYTES):
        content = part(start, _CHUNK_BYTES + longest)
        for hit in _found(content, needles, medium, place):
            if (hit.token, hit.form) not in told:
                told.add((hit.token, hit.form))
                yield dataclasses.replace(hit, offset=start + hit.offset)


def _found(content: bytes, needles: Needles, medium: str, place: str) -> Iterator[Hit]:
    """The first place of every needle."""
    for (form, needle), token in needles.items():
        offset = content.find(needle)
        if offset >= 0:
            around = content[max(0, offset - _SHOWN_BYTES) : offset + len(needle) + _SHOWN_BYTES]
            yield Hit(
                token=token,
                medium=medium,
                place=place,
                offset=offset,
                form=form.partition("+")[0],
                shown="".join(chr(byte) if 32 <= byte < 127 else "·" for byte in around),
            )
