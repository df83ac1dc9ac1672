"""Indexes that nobody uses, that another one makes needless, and that foreign keys lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb import models

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

INDEXES = """
    SELECT c.relname, i.indrelid::regclass::text, i.indisunique,
           am.amname, i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[],
           i.indoption::int2[], i.indnkeyatts, coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
           coalesce(pg_get_expr(i.indexprs, i.indrelid), ''), pg_relation_size(c.oid),
           coalesce(s.idx_scan, 0)
      FROM pg_index AS i
      JOIN pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_am AS am ON am.oid = c.relam
      JOIN pg_stat_user_indexes AS s ON s.indexrelid = i.indexrelid
     WHERE i.indisvalid AND s.schemaname = 'public'
     ORDER BY 2, 1
"""
FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text, k.conname, k.conkey,
           (SELECT array_agg(a.attname ORDER BY p.n)
              FROM unnest(k.conkey) WITH ORDINALITY AS p(c, n)
              JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = p.c)
      FROM pg_constraint AS k
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
     ORDER BY 1, 2
"""
# Reading statistics takes a moment of their beginning along: a young zero says nothing.
SINCE = """
    SELECT coalesce(stats_reset, pg_postmaster_start_time())::text
      FROM pg_stat_database WHERE datname = current_database()
"""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index as the catalogue has it; ``keys`` are columns with all that makes them an order."""

    name: str
    table: str
    unique: bool
    method: str
    keys: list[tuple[int, int, int, int]]
    included: list[int]
    condition: str
    expressions: str
    size_bytes: int
    scans: int


class Unused(msgspec.Struct, frozen=True, kw_only=True):
    """An index without a scan; ``reason`` is what the model says that it is for."""

    index: str
    table: str
    size_bytes: int
    reason: str


class Redundant(msgspec.Struct, frozen=True, kw_only=True):
    """An index that orders nothing that ``by`` does not order as well."""

    index: str
    table: str
    by: str
    size_bytes: int


class Unindexed(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key: deleting what it refers to reads the whole table."""

    table: str
    constraint: str
    columns: list[str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Scans are counted ``since`` then."""

    since: str
    unused: list[Unused]
    redundant: list[Redundant]
    unindexed: list[Unindexed]


def report(connection: Connection) -> Report:
    """Of the schema ``public``. Raises: psycopg.Error."""
    indexes = [_index(row) for row in connection.execute(INDEXES)]
    return Report(
        since=connection.execute(SINCE).fetchall()[0][0],
        unused=_unused(indexes),
        redundant=list(_redundant(indexes)),
        unindexed=list(_unindexed(connection, indexes)),
    )


def _index(row: Sequence[Any]) -> Index:
    name, table, unique, method, columns, classes, collations, options, number, *rest = row
    condition, expressions, size_bytes, scans = rest
    return Index(
        name=name,
        table=table,
        unique=unique,
        method=method,
        keys=list(zip(columns[:number], classes, collations, options, strict=True)),
        included=sorted(columns[number:]),
        condition=condition,
        expressions=expressions,
        size_bytes=size_bytes,
        scans=scans,
    )


def _unused(indexes: Sequence[Index]) -> list[Unused]:
    """The largest first; what keeps rows unique is of use without a scan."""
    reasons = {
        str(index.name): str(index.info.get("reason", ""))
        for table in models.metadata.tables.values()
        for index in table.indexes
    }
    found = [
        Unused(
            index=index.name,
            table=index.table,
            size_bytes=index.size_bytes,
            reason=reasons.get(index.name, ""),
        )
        for index in indexes
        if not (index.scans or index.unique)
    ]
    return sorted(found, key=lambda one: (-one.size_bytes, one.index))


def _redundant(indexes: Sequence[Index]) -> Iterator[Redundant]:
    """Of two that are the same, the second one by name."""
    for index in indexes:
        better = next((other for other in indexes if _serves(other, index)), None)
        if better is not None:
            yield Redundant(
                index=index.name,
                table=index.table,
                by=better.name,
                size_bytes=index.size_bytes,
            )


def _serves(other: Index, index: Index) -> bool:
    """Whether ``other`` makes ``index`` needless."""
    alike = (
        other is not index
        and (other.table, other.method) == (index.table, index.method)
        and (other.condition, other.expressions) == (index.condition, index.expressions)
        and set(index.included) <= {*other.included, *(key[0] for key in other.keys)}
    )
    if not alike or (index.unique and not other.unique):
        return False
    if other.keys == index.keys:
        return (other.unique, index.name) > (index.unique, other.name)
    begins = other.keys[: len(index.keys)] == index.keys
    return begins and index.method == "btree" and not index.unique


def _unindexed(connection: Connection, indexes: Sequence[Index]) -> Iterator[Unindexed]:
    for table, constraint, columns, names in connection.execute(FOREIGN_KEYS):
        first = [
            {key[0] for key in index.keys[: len(columns)]}
            for index in indexes
            if index.table == table and index.method == "btree" and not index.condition
        ]
        if set(columns) not in first:
            yield Unindexed(table=table, constraint=constraint, columns=names)
