"""The columns and indexes that several tables have in common."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Column = sa.Column[object]

JSONB = postgresql.JSONB
INET = postgresql.INET
CIDR = postgresql.CIDR

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A character that no input may contain, so that a search never matches across two columns.
SEPARATOR = "chr(31)"


def identity() -> sa.Column[int]:
    """The primary key; BY DEFAULT, so that seeding may choose the numbers."""
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    """A foreign key to the ``id`` of ``target``; a row that is referred to cannot go away."""
    key = sa.ForeignKey(f"{target}.id", ondelete="RESTRICT")
    return sa.Column(name, sa.BigInteger, key, nullable=nullable)


def tenant() -> sa.Column[int]:
    """The owner of the row."""
    return reference("tenant_id", "tenants")


def text(name: str, length: int, *, nullable: bool = False, default: str | None = None) -> Column:
    """A string of at most ``length`` characters."""
    column: Column = sa.Column(name, sa.String(length), nullable=nullable, server_default=default)
    return column


def moment(name: str) -> Column:
    """A time with its zone, by default the start of the transaction."""
    column: Column = sa.Column(
        name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
    )
    return column


def searchable(*expressions: str) -> Column:
    """The text that a substring search looks at, kept by the database.

    ``expressions`` are SQL, IMMUTABLE and not null.
    """
    joined = f" || {SEPARATOR} || ".join(expressions)
    column: Column = sa.Column("search_text", sa.Text, sa.Computed(joined, persisted=True))
    return column


def custom() -> Column:
    """The values of custom fields, by name."""
    column: Column = sa.Column(
        "custom", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")
    )
    return column


def custom_index(table: str) -> sa.Index:
    """The index that finds the objects with a value of a custom field."""
    reason = "objects with one value of a custom field"
    return _gin_index(table, "custom", operators="jsonb_path_ops", reason=reason)


def index(*columns: str, reason: str) -> sa.Index:
    """An index, and what needs it."""
    return sa.Index(None, *columns, info={"reason": reason})


def search_index(table: str) -> sa.Index:
    """The trigram index that makes ``search_text ILIKE '%…%'`` an indexed search."""
    reason = "search for a part of a word"
    return _gin_index(table, "search_text", operators="gin_trgm_ops", reason=reason)


def _gin_index(table: str, column: str, *, operators: str, reason: str) -> sa.Index:
    return sa.Index(
        f"ix_{table}_{column}",
        column,
        postgresql_using="gin",
        postgresql_ops={column: operators},
        info={"reason": reason},
    )


def page_indexes(*columns: str, scoped: bool = True) -> list[sa.Index]:
    """What keyset pages in the order of ``columns`` need: for everybody, and within a tenant."""
    everybody = [
        index(column, "id", reason=f"pages in the order of {column}, for who sees all tenants")
        for column in columns
    ]
    if not scoped:
        return everybody
    within = [
        index("tenant_id", column, "id", reason=f"pages in the order of {column}, within a tenant")
        for column in columns
    ]
    return [
        *everybody,
        *within,
        index("tenant_id", "id", reason="pages in the order of id, within a tenant; foreign key"),
    ]


def filter_indexes(*columns: str) -> list[sa.Index]:
    """What an equality filter on one of ``columns`` needs."""
    return [
        index(column, "id", reason=f"pages of rows with one {column}; its foreign key, if any")
        for column in columns
    ]
