"""The row witness: which rows changed, whatever the target answered.

It sees committed rows only. ``xmin`` is the id of the transaction that wrote a row's version, so
the number of rows and the sum of their ``xmin`` tell every insert, update and delete.
"""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from pytest_cmdbguard.witnesses import kin
from pytest_cmdbguard.witnesses.database import connect
from pytest_cmdbguard.witnesses.wal import WriteAheadLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TABLES = text(r"""
select c.oid::regclass::text, greatest(c.reltuples, 0)::bigint,
  coalesce(array_agg(a.attname::text order by a.attnum)
    filter (where a.attname is not null), '{}'),
  coalesce(min(format_type(a.atttypid, null)), ''),
  case c.relpersistence when 'p' then pg_relation_filenode(c.oid)::bigint end
from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_index i on i.indrelid = c.oid and i.indisprimary
left join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
where c.relkind = 'r' and n.nspname not in ('information_schema', 'cmdbguard')
  and n.nspname not like 'pg\_%'
group by c.oid, c.reltuples, c.relpersistence order by 1
""")
# Differences of ages, because they do not depend on the current transaction as ages do.
_STATE = "select count(*), coalesce(sum(age('3'::xid) - age(xmin)), 0)::bigint"
_YOUNG = "age(xmin) <= age(cast(:oldest as xid))"
_MOMENT = "select pg_current_snapshot()::text"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A user table; ``name`` is quoted and qualified as SQL needs it, ``rows`` estimated.

    ``key_type`` is that of the first column of ``key``. ``file`` is what the write-ahead log calls
    the table; None for one that is not logged.
    """

    name: str
    rows: int
    key: tuple[str, ...]
    key_type: str
    file: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """Differs whenever a committed row was added, changed or removed."""

    count: int
    versions: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """Differs whenever a row was written, even with the same content.

    ``columns`` are the values as JSON texts by column name; ``xmin`` is the transaction that
    wrote the row.
    """

    columns: Mapping[str, str]
    xmin: int

    def turned_into(self, after: RowState | None) -> str:
        """In words what became of the row: gone, or old and new values of what changed."""
        if after is None:
            return "gone"
        changed = [
            f"{name} {value} became {after.columns.get(name)}"
            for name, value in self.columns.items()
            if after.columns.get(name) != value
        ]
        return "; ".join(changed) or f"written again (transaction {after.xmin})"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a token is stored: a table, the row's key (column, value as text) and its column."""

    table: str
    key: tuple[tuple[str, str], ...]
    column: str

    def __str__(self) -> str:
        key = ", ".join(f"{name} {value}" for name, value in self.key)
        return f"{self.table} ({key})"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of all tables; ``moment`` is PostgreSQL's own snapshot shortly before.

    What was written after ``position`` of the write-ahead log may not be in it.
    """

    moment: str
    position: str
    states: Mapping[str, TableState]


class RowWitness:
    """Watches the rows of one database.

    Args:
        admin_url: of a superuser, for the database that is watched.
    Raises: ServiceError if nothing listens there.
    """

    def __init__(self, admin_url: str) -> None:
        self._engine = connect(admin_url)
        self._latest: Snapshot | None = None
        with self._engine.connect() as connection:
            # Only what was written from here on can hold a token of this run.
            oldest = connection.scalar(
                text("select pg_snapshot_xmin(pg_current_snapshot())::text")
            )
        self._oldest = str(int(str(oldest)) % 2**32)
        self._log = WriteAheadLog(self._engine)

    def tables(self) -> tuple[Table, ...]:
        """The user tables, sorted by name."""
        with self._engine.connect() as connection:
            return tuple(
                Table(name=name, rows=int(rows), key=tuple(key), key_type=key_type, file=file)
                for name, rows, key, key_type, file in connection.execute(_TABLES)
            )

    def table_state(self, table: str) -> TableState:
        """The state of one table, named as :class:`Table` names it; reads the whole table."""
        with self._engine.connect() as connection:
            return _state(connection.execute(text(f"{_STATE} from {table}")).one())

    def snapshot(self) -> Snapshot:
        """The state of all tables; free of charge while nothing in the cluster was written.

        A transaction that wrote something leaves a trace in PostgreSQL's own snapshot, in
        whichever database. Then the tables are read again which the write-ahead log names; where
        it cannot be read, or the catalogue changed, all of them.
        """
        moment = self.moment()
        if self._latest is None or self._latest.moment != moment:
            self._latest = self._read(moment)
        return self._latest

    def changed_since(self, before: Snapshot) -> list[str]:
        """The names of the tables in which a committed row changed since a snapshot."""
        after = self.snapshot()
        names = sorted(before.states.keys() | after.states.keys())
        return [name for name in names if before.states.get(name) != after.states.get(name)]

    def moment(self) -> str:
        """PostgreSQL's own snapshot: equal texts mean that nothing was written in between."""
        with self._engine.connect() as connection:
            return str(connection.scalar(text(_MOMENT)))

    def find_token(self, token: str, *, table: str = "") -> list[Place]:
        """The rows, written since this witness began, that show a token, in any column.

        Args:
            token: in any case.
            table: look in this one only, named as :class:`Table` names it.
        """
        tables = [one for one in self.tables() if table in {"", one.name}]
        with self._engine.connect() as connection:
            conditions = [(table, _YOUNG) for table in tables]
            return _showing(connection, conditions, token, oldest=self._oldest)

    def find_row(self, token: str, key: object) -> list[Place]:
        """The rows whose primary key is one value, and that show a token; by index, so quickly.

        Args:
            token: in any case.
            key: as texts show it; a table whose key is of another type has no such row. None is
                no row's key.
        """
        alike: dict[str, list[tuple[Table, str]]] = {}
        for table in self.tables() if key is not None else ():
            if len(table.key) == 1:
                condition = f'"{table.key[0]}" = :key'
                alike.setdefault(table.key_type, []).append((table, condition))
        found: list[Place] = []
        for conditions in alike.values():
            with self._engine.connect() as connection, suppress(DBAPIError):
                found += _showing(connection, conditions, token, key=str(key))
        return found

    def state(self, row: Place) -> RowState | None:
        """The state of one row now; None when it is gone."""
        where = " and ".join(f'"{name}" = :k{n}' for n, (name, _) in enumerate(row.key))
        query = f"select row_to_json(t)::jsonb, xmin::text from {row.table} t where {where}"  # noqa: S608 - quoted by the catalogue
        values = {f"k{n}": value for n, (_, value) in enumerate(row.key)}
        with self._engine.connect() as connection:
            found = connection.execute(text(query), values).one_or_none()
        if found is None:
            return None
        columns = {name: json.dumps(value) for name, value in found[0].items()}
        return RowState(columns=columns, xmin=int(found[1]))

    def kin(self, row: Place) -> Mapping[str, int]:
        """How many rows refer to one row by a foreign key, by table."""
        with self._engine.connect() as connection:
            return kin.numbers(connection, row.table, row.key)

    def close(self) -> None:
        """Give the connections back; harmless when done twice."""
        self._engine.dispose()

    def _read(self, moment: str) -> Snapshot:
        """What is written from ``moment`` on is read again the next time."""
        before = self._latest or Snapshot(moment="", position="", states={})
        with self._engine.connect() as connection:
            position = self._log.position(connection)
            is_quiet = _is_quiet(str(connection.scalar(text(_MOMENT))))
            tables = self.tables()
            known = self._unchanged(connection, tables, before, position)
            read = _states(connection, [one.name for one in tables if one.name not in known])
        return Snapshot(
            moment=moment,
            # What is logged and not committed yet has to be found the next time.
            position=position if is_quiet else before.position,
            states={**known, **read},
        )

    def _unchanged(
        self, connection: Connection, tables: Sequence[Table], before: Snapshot, position: str
    ) -> Mapping[str, TableState]:
        """The states of a snapshot that are as they were, as the write-ahead log tells."""
        if not (position and before.position):
            return {}
        written = self._log.written(connection, before.position, position)
        if written is None or written - {table.file for table in tables}:
            return {}
        same = (table.name for table in tables if table.file and table.file not in written)
        return {name: before.states[name] for name in same if name in before.states}


def _showing(
    connection: Connection, conditions: Sequence[tuple[Table, str]], token: str, **values: str
) -> list[Place]:
    """The rows that meet the condition on their table and show a token, in one statement."""
    parts = [
        f"(select {n} as n, row_to_json(t) from {table.name} t"  # noqa: S608 - quoted by the catalogue
        f" where {condition} and t::text ilike :pattern)"
        for n, (table, condition) in enumerate(conditions)
    ]
    if not parts:
        return []
    rows = connection.execute(text(" union all ".join(parts)), {"pattern": f"%{token}%"} | values)
    return [_place(conditions[n][0], row, token) for n, row in rows]


def _place(table: Table, row: Mapping[str, object], token: str) -> Place:
    column = next(name for name, value in row.items() if token in str(value).lower())
    key = tuple((name, str(row[name])) for name in table.key)
    return Place(table=table.name, key=key, column=column)


def _states(connection: Connection, names: Sequence[str]) -> dict[str, TableState]:
    """Of some tables, in one statement, so that one moment is true of all of them."""
    if not names:
        return {}
    parts = [f"({_STATE}, {n} as n from {name})" for n, name in enumerate(names)]
    rows = connection.execute(text(" union all ".join(parts)))
    return {names[row[2]]: _state(row) for row in rows}


def _is_quiet(moment: str) -> bool:
    """Whether no transaction was under way in PostgreSQL's snapshot ``xmin:xmax:xip``."""
    return moment.endswith(":")


def _state(row: Sequence[Any]) -> TableState:
    return TableState(count=int(row[0]), versions=int(row[1]))
