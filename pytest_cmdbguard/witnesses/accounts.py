"""The account witness: what the database keeps of passwords and credentials."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from sqlalchemy import text

from pytest_cmdbguard.witnesses.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

PASSWORD = re.compile(r"(.*_)?(password|passwd|pwd|passphrase)(_?(hash|digest|hashed|enc\w*))?")
USER = ("username", "user_name", "login", "name", "email")
EXPIRY = re.compile(r"(.*_)?(expir\w*|valid_until|not_after|expires_at)(_at)?")
REVOKED = re.compile(r"(is_)?(revoked|disabled|blocked|cancelled)")
NEWEST = 50

_COLUMNS = text("""
select quote_ident(table_schema) || '.' || quote_ident(table_name), column_name, data_type
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_type = 'BASE TABLE' and table_schema not in ('information_schema', 'cmdbguard')
  and table_schema not like 'pg\\_%' order by 1, ordinal_position
""")
_REFERRING = text("""
select r.conrelid::regclass::text, a.attname from pg_constraint r
join pg_attribute a on a.attrelid = r.conrelid and a.attnum = r.conkey[1]
where r.contype = 'f' and r.confrelid = cast(:table as regclass)
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassword:
    """A password as the database has it; ``place`` is table and column."""

    place: str
    user: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredCredential:
    """The row that came with a credential, and its columns by kind of data."""

    table: str
    ctid: str
    columns: dict[str, str]

    def column(self, pattern: re.Pattern[str], kind: str) -> str | None:
        """The first column of a name and a kind (a part of PostgreSQL's type name)."""
        found = (n for n, k in self.columns.items() if pattern.fullmatch(n) and kind in k)
        return next(found, None)


class AccountWitness:
    """Reads and changes what one database keeps of accounts."""

    def __init__(self, admin_url: str) -> None:
        """``admin_url`` is a superuser's. Raises: ServiceError if nothing listens there."""
        self._engine = connect(admin_url)

    def passwords(self) -> list[StoredPassword]:
        """The newest of every column that is named like one of passwords."""
        with self._engine.connect() as connection:
            tables = _tables(connection)
            return [
                password
                for table, columns in tables.items()
                for column, kind in columns.items()
                if PASSWORD.fullmatch(column.lower()) and _is_text(kind)
                for password in _newest(connection, table, column, columns)
            ]

    def mark(self) -> int:
        """The transaction before which everything was written that is no news."""
        with self._engine.connect() as connection:
            moment = text("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            return int(connection.scalar(moment) or 0) % 2**32

    def came_with(self, mark: int) -> list[StoredCredential]:
        """The rows written since, in tables that know an end or a revocation."""
        found = []
        with self._engine.connect() as connection:
            for table, columns in _tables(connection).items():
                if not any(EXPIRY.fullmatch(n) or REVOKED.fullmatch(n) for n in columns):
                    continue
                query = text(f"select ctid::text from {table} where {_SINCE}")  # noqa: S608 - quoted by the catalogue
                found += [
                    StoredCredential(table=table, ctid=str(ctid), columns=columns)
                    for ctid in connection.scalars(query, {"mark": mark})
                ]
        return found

    def places_of(self, token: str, mark: int) -> list[str]:
        """Tables whose rows since the mark hold the token as it is, as text or as bytes."""
        patterns = {"text": f"%{token}%", "bytes": f"%{token.encode().hex()}%"}
        with self._engine.connect() as connection:
            return [
                table
                for table in _tables(connection)
                if connection.scalar(
                    text(
                        f"select 1 from {table} t where {_SINCE} and"  # noqa: S608 - as above
                        " (t::text like :text or t::text like :bytes) limit 1"
                    ),
                    patterns | {"mark": mark},
                )
            ]

    def set(self, credential: StoredCredential, column: str, expression: str) -> None:
        """Change one column of a row, by an SQL expression of ours."""
        with self._engine.connect() as connection:
            query = f'update {credential.table} set "{column}" = {expression} where ctid = :ctid'  # noqa: S608 - as above
            connection.execute(
                text(query.replace(":ctid", "cast(:ctid as tid)")), {"ctid": credential.ctid}
            )

    def delete_user(self, name: str) -> bool:
        """Delete a user and the rows that refer to it; False where none is found."""
        with self._engine.connect() as connection:
            for table, columns in _tables(connection).items():
                column = _user_column(columns)
                if column and any(PASSWORD.fullmatch(n.lower()) for n in columns):
                    return _delete(connection, table, column, name)
        return False

    def close(self) -> None:
        """Give the connections back; harmless when done twice."""
        self._engine.dispose()


_SINCE = "age(xmin) <= age(cast(cast(:mark as text) as xid))"


def _tables(connection: Connection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(_COLUMNS):
        found.setdefault(str(table), {})[str(column)] = str(kind)
    return found


def _newest(
    connection: Connection, table: str, column: str, columns: dict[str, str]
) -> Iterator[StoredPassword]:
    user = _user_column(columns)
    shown = f'"{user}"::text' if user else "''"
    query = (
        f'select {shown}, "{column}"::text from {table} where "{column}" is not null'  # noqa: S608 - as above
        f" order by age(xmin) limit {NEWEST}"
    )
    for name, stored in connection.execute(text(query)):
        yield StoredPassword(place=f"{table}.{column}", user=str(name), text=str(stored))


def _user_column(columns: Sequence[str] | dict[str, str]) -> str | None:
    return next((name for name in USER if name in columns), None)


def _is_text(kind: str) -> bool:
    return kind in {"text", "character varying", "character", "bytea"}


def _delete(connection: Connection, table: str, column: str, name: str) -> bool:
    row = text(f'select to_json(t)->>:key from {table} t where "{column}" = :name')  # noqa: S608 - as above
    number = connection.scalar(row, {"key": "id", "name": name})
    if number is None:
        return False
    for referring, key in connection.execute(_REFERRING, {"table": table}).all():
        query = f'delete from {referring} where "{key}"::text = :id'  # noqa: S608 - as above
        connection.execute(text(query), {"id": number})
    gone = connection.execute(
        text(f'delete from {table} where "{column}" = :name'),  # noqa: S608 - as above
        {"name": name},
    )
    return gone.rowcount == 1
