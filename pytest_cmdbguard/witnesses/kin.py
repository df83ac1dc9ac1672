"""Rows that belong to a row because a foreign key of theirs says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The tables that refer to a table, and the pairs of columns by which they do.
_FOREIGN_KEYS = text("""
select f.conrelid::regclass::text,
  array_agg(array[quote_ident(mine.attname), theirs.attname::text])
from pg_constraint f
cross join lateral unnest(f.conkey, f.confkey) as pair(mine, theirs)
join pg_attribute mine on mine.attrelid = f.conrelid and mine.attnum = pair.mine
join pg_attribute theirs on theirs.attrelid = f.confrelid and theirs.attnum = pair.theirs
where f.contype = 'f' and f.confrelid = cast(:table as regclass)
group by f.oid, f.conrelid order by f.oid
""")


def numbers(
    connection: Connection, table: str, key: Sequence[tuple[str, str]]
) -> Mapping[str, int]:
    """How many rows refer to one row, by table; zero where none does.

    Args:
        connection: of somebody who may read all of them.
        table: quoted and qualified as SQL needs it.
        key: of the row, as (column, value as text). Keys that refer to other columns say nothing.
    """
    known = dict(key)
    found: dict[str, int] = {}
    for referring, pairs in connection.execute(_FOREIGN_KEYS, {"table": table}).all():
        if {theirs for _, theirs in pairs} <= known.keys():
            where = " and ".join(f"{mine} = :k{n}" for n, (mine, _) in enumerate(pairs))
            values = {f"k{n}": known[theirs] for n, (_, theirs) in enumerate(pairs)}
            query = text(f"select count(*) from {referring} where {where}")  # noqa: S608 - quoted by the catalogue
            found[referring] = found.get(referring, 0) + int(connection.scalar(query, values) or 0)
    return found
