"""What the tables really have: their columns, and the secrets that stand in them."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from pytest_cmdbguard.witnesses.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLUMNS = text(r"""
select c.oid::regclass::text, a.attname::text, format_type(a.atttypid, null),
  a.attgenerated <> '', quote_ident(a.attname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p') and n.nspname not in ('information_schema', 'cmdbguard')
  and n.nspname not like 'pg\_%'
order by 1, a.attnum
""")

_SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|api_?key|private_?key|credential|(?:^|_)token|otp|salt",
    re.IGNORECASE,
)
_DIGEST = re.compile(r"hash|digest|sha\d*|checksum", re.IGNORECASE)
_GUARDED = re.compile(r"user|account|token|session|secret|credential|login|key", re.IGNORECASE)
_TELLS_ABOUT = re.compile(
    r"(?:_at|_on|_id|_name|_label|_count|_version|_hint|_type|_url)$", re.IGNORECASE
)
_TEXTUAL = {"text", "character varying", "character", "bytea", "json", "jsonb"}
_SHORTEST_SECRET = 12  # characters; shorter ones may stand somewhere by chance
_SAMPLES = 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; ``table`` and ``quoted`` are as SQL needs them, ``type`` has no length."""

    table: str
    name: str
    type: str
    generated: bool
    quoted: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def is_secret(self) -> bool:
        """Whether by its name it holds what no answer may show."""
        if self.type not in _TEXTUAL or _TELLS_ABOUT.search(self.name):
            return False
        guarded = _DIGEST.search(self.name) and _GUARDED.search(self.table)
        return bool(_SECRET.search(self.name) or guarded)


class ColumnWitness:
    """Knows the columns of one database.

    Args:
        admin_url: of a superuser, for the database that is watched.
    Raises: ServiceError if nothing listens there.
    """

    def __init__(self, admin_url: str) -> None:
        self._engine = connect(admin_url)

    def close(self) -> None:
        """Give the connections back; harmless when done twice."""
        self._engine.dispose()

    def of(self, table: str) -> tuple[Column, ...]:
        """The columns of one table, named as a :class:`Place` names it."""
        return tuple(column for column in self.known if column.table == table)

    @functools.cached_property
    def known(self) -> tuple[Column, ...]:
        """The columns of all tables of users, as they were when somebody asked first."""
        with self._engine.connect() as connection:
            return tuple(
                Column(table=row[0], name=row[1], type=row[2], generated=row[3], quoted=row[4])
                for row in connection.execute(_COLUMNS)
            )

    def another(self, column: Column, value: object) -> Any:  # noqa: ANN401 - any JSON value
        """A value of the column in some other row; None where there is none.

        Whatever constraint the column has, this value keeps it.
        """
        query = (
            f"select to_jsonb({column.quoted}) from {column.table} where {column.quoted} is not"  # noqa: S608 - quoted by the catalogue
            f" null and to_jsonb({column.quoted}) <> cast(:value as jsonb) limit 1"
        )
        with self._engine.connect() as connection:
            return connection.scalar(text(query), {"value": json.dumps(value)})

    def secrets(self) -> dict[str, Column]:
        """Every way to write a value of a secret column, for up to fifty rows of each."""
        found: dict[str, Column] = {}
        for column in self.known:
            if column.is_secret:
                found.update(dict.fromkeys(self._spellings(column), column))
        return found

    def _spellings(self, column: Column) -> Iterator[str]:
        shown = [f"{column.quoted}::text"]
        if column.type == "bytea":
            encode = f"translate(encode({column.quoted}, '%s'), E'\\n', '')"
            shown = [encode % name for name in ("hex", "base64")]
        statement = f"select {', '.join(shown)} from {column.table} limit {_SAMPLES}"  # noqa: S608 - quoted by the catalogue
        with self._engine.connect() as connection:
            for row in connection.execute(text(statement)):
                for value in row:
                    if value and len(value) >= _SHORTEST_SECRET:
                        yield from {value, value.replace("+", "-").replace("/", "_").rstrip("=")}
