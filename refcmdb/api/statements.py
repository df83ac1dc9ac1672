"""The SQL of the API, made from resource declarations; values are always bound."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, INET, JSONB

from refcmdb import models
from refcmdb.api import constraints
from refcmdb.api.registry import RESOURCES
from refcmdb.services.database import Statement, bound, bound_array, compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refcmdb.api.resource import Resource


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Which rows somebody sees: of one tenant if ``scoped``, and those that constraints leave."""

    scoped: bool = False
    held: constraints.Held = ()


EVERYTHING = Sight()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What makes two list statements the same text; no ``fields`` are all of them."""

    sort: str
    fields: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    sight: Sight = EVERYTHING
    searching: bool = False
    following: bool = False


def selected(resource: Resource, fields: tuple[str, ...] = ()) -> list[sa.ColumnElement[Any]]:
    """The SELECT list that makes an item, or ``fields`` of it, in the order of its fields."""
    return [_selected(resource, field) for field in fields or resource.item.__struct_fields__]


def _selected(resource: Resource, field: str) -> sa.ColumnElement[Any]:
    if field in resource.extras:
        return resource.extras[field].label(field)
    if field in resource.embeds:
        return embedded(resource, field).label(field)
    column = resource.table.c[field]
    return sa.cast(column, sa.Text).label(field) if _is_address(column) else column


def embedded(resource: Resource, field: str) -> sa.ColumnElement[Any]:
    """The label of the object that a foreign key points to.

    A scalar subquery, because that is always an index lookup per row of the page; a join might
    become a hash over the whole of a large table.
    """
    (key,) = resource.table.c[resource.embeds[field]].foreign_keys
    target = key.column.table.alias(f"its_{field}")
    known = RESOURCES.get(key.column.table.name)
    label = target.c[known.label if known else "name"]
    return (
        sa.select(label)
        .where(target.c.id == resource.table.c[resource.embeds[field]])
        .scalar_subquery()
    )


def owned(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """The tenant predicate."""
    return table.c.tenant_id == sa.bindparam("scope", type_=sa.BigInteger)


def visible(resource: Resource, sight: Sight) -> Iterator[sa.ColumnElement[bool]]:
    """What holds of the rows that an actor may see."""
    yield from seen(resource.table, sight)
    if resource.personal:
        reader = sa.bindparam("reader", type_=sa.BigInteger)
        yield sa.or_(resource.table.c.shared, resource.table.c.user_id == reader)


def seen(table: sa.Table, sight: Sight) -> Iterator[sa.ColumnElement[bool]]:
    """The predicates of tenant and constraints."""
    if sight.scoped:
        yield owned(table)
    yield from constraints.kept(table, sight.held)


def equal(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    """A filter; one of a JSON column finds what contains one of several values."""
    if isinstance(column.type, JSONB):
        values = sa.any_(sa.bindparam(name, type_=ARRAY(JSONB)))
        return column.op("@>", is_comparison=True)(values)
    return column == bound(name, column)


def matching(resource: Resource) -> sa.ColumnElement[bool]:
    """The substring search."""
    return resource.table.c.search_text.ilike(sa.bindparam("q", type_=sa.Text))


def ordering(resource: Resource, sort: str) -> list[sa.ColumnElement[Any]]:
    """A total order: the column, then the number, both in the same direction."""
    name = sort.removeprefix("-")
    columns = dict.fromkeys([resource.table.c[name], resource.table.c.id])
    return [column.desc() if sort.startswith("-") else column.asc() for column in columns]


def following(resource: Resource, sort: str) -> sa.ColumnElement[bool]:
    """What comes after the row that the cursor names."""
    column = resource.table.c[sort.removeprefix("-")]
    here: sa.ColumnElement[Any] = sa.tuple_(column, resource.table.c.id)
    there: sa.ColumnElement[Any] = sa.tuple_(
        bound("after_value", column), sa.bindparam("after_id", type_=sa.BigInteger)
    )
    if column is resource.table.c.id:
        here, there = column, sa.bindparam("after_id", type_=sa.BigInteger)
    return here < there if sort.startswith("-") else here > there


def select_page(resource: Resource, shape: Shape) -> sa.Select[Any]:
    """One page of a list, and one row more that tells whether there is another."""
    select = sa.select(*selected(resource, shape.fields)).where(*_conditions(resource, shape))
    if shape.following:
        select = select.where(following(resource, shape.sort))
    return select.order_by(*ordering(resource, shape.sort)).limit(
        sa.bindparam("limit", type_=sa.BigInteger)
    )


def _conditions(resource: Resource, shape: Shape) -> Iterator[sa.ColumnElement[bool]]:
    """What all pages of a list have in common."""
    yield from visible(resource, shape.sight)
    for name in shape.filters:
        yield equal(resource.table.c[name], f"is_{name}")
    if shape.searching:
        yield matching(resource)


@functools.lru_cache(maxsize=1024)
def count(resource: Resource, shape: Shape) -> Statement:
    """How many rows all pages of a list have together."""
    counted = sa.select(sa.func.count()).select_from(resource.table)
    return compiled(counted.where(*_conditions(resource, shape)))


@functools.lru_cache(maxsize=1024)
def estimate(resource: Resource, shape: Shape) -> Statement:
    """The plan of all pages together, as JSON: it says how many rows the planner expects."""
    every = compiled(sa.select(resource.table.c.id).where(*_conditions(resource, shape)))
    return dataclasses.replace(every, text=f"EXPLAIN (FORMAT JSON) {every.text}")


@functools.lru_cache(maxsize=4096)
def page(resource: Resource, shape: Shape) -> Statement:
    """:func:`select_page`, compiled once per shape."""
    return compiled(select_page(resource, shape))


@functools.lru_cache(maxsize=1024)
def detail(resource: Resource, sight: Sight, *, lock: bool = False) -> Statement:
    """One object by ``id``; with ``lock`` it stays as it is until the transaction ends.

    Others may refer to it meanwhile: two who make objects refer to each other would else wait
    for one another.
    """
    select = sa.select(*selected(resource)).where(
        resource.table.c.id == sa.bindparam("id", type_=sa.BigInteger)
    )
    select = select.where(*visible(resource, sight))
    return compiled(select.with_for_update(of=resource.table, key_share=True) if lock else select)


@functools.lru_cache(maxsize=1024)
def one(table: sa.Table, columns: tuple[str, ...], sight: Sight) -> Statement:
    """Columns of the row ``id``, if it is seen."""
    select = sa.select(*(table.c[name] for name in columns)).where(_is_id(table))
    return compiled(select.where(*seen(table, sight)))


@functools.lru_cache(maxsize=1024)
def items(resource: Resource, sight: Sight, *, lock: bool = False) -> Statement:
    """The objects of ``ids``, in the order of their numbers; ``lock`` as in :func:`detail`."""
    table = resource.table
    select = (
        sa.select(*selected(resource)).where(table.c.id == sa.any_(_ids())).order_by(table.c.id)
    )
    select = select.where(*seen(table, sight))
    return compiled(select.with_for_update(of=table, key_share=True) if lock else select)


@functools.lru_cache(maxsize=1024)
def owners(table: sa.Table, held: constraints.Held = ()) -> Statement:
    """``id`` and owner of the rows of ``ids`` that constraints leave; of shared ones null."""
    owner = table.c.tenant_id if "tenant_id" in table.c else sa.null()
    kept = constraints.kept(table, held)
    return compiled(sa.select(table.c.id, owner).where(table.c.id == sa.any_(_ids()), *kept))


@functools.cache
def insert(table: sa.Table, columns: tuple[str, ...], *, number: bool = True) -> Statement:
    """Rows from one array per column; returns their numbers if the table has them."""
    arrays = [bound_array(name, table.c[name]) for name in columns]
    rows = sa.func.unnest(*arrays).table_valued(*columns).render_derived(name="rows")
    statement = sa.insert(table).from_select(list(columns), sa.select(*rows.c))
    return compiled(statement.returning(table.c.id) if number else statement)


@functools.lru_cache(maxsize=1024)
def update(table: sa.Table, columns: tuple[str, ...]) -> Statement:
    """New values of ``columns`` for the row ``id``."""
    values: dict[str, sa.ColumnElement[Any]] = {
        name: bound(f"new_{name}", table.c[name]) for name in columns
    }
    if "updated_at" in table.c:
        values["updated_at"] = sa.func.now()
    return compiled(sa.update(table).where(_is_id(table)).values(values).returning(table.c.id))


@functools.lru_cache(maxsize=1024)
def update_many(table: sa.Table, columns: tuple[str, ...]) -> Statement:
    """New values of ``columns`` for the rows ``ids``, from one array per column."""
    arrays = [_ids(), *(bound_array(f"new_{name}", table.c[name]) for name in columns)]
    rows = sa.func.unnest(*arrays).table_valued("id", *columns).render_derived(name="rows")
    values: dict[str, sa.ColumnElement[Any]] = {name: rows.c[name] for name in columns}
    if "updated_at" in table.c:
        values["updated_at"] = sa.func.now()
    return compiled(sa.update(table).where(table.c.id == rows.c.id).values(values))


@functools.cache
def delete_many(table: sa.Table) -> Statement:
    """Remove the rows ``ids``."""
    return compiled(sa.delete(table).where(table.c.id == sa.any_(_ids())))


@functools.lru_cache(maxsize=1024)
def delete(table: sa.Table, sight: Sight) -> Statement:
    """Remove the row ``id``, if it is seen."""
    statement = sa.delete(table).where(_is_id(table), *seen(table, sight))
    return compiled(statement.returning(table.c.id))


@functools.cache
def tags_named() -> Statement:
    """``name`` and ``id`` of the tags of ``names``."""
    names = sa.bindparam("names", type_=ARRAY(sa.Text))
    return compiled(
        sa.select(models.tags.c.name, models.tags.c.id).where(models.tags.c.name == sa.any_(names))
    )


@functools.cache
def untag() -> Statement:
    """Take all tags off the devices ``ids``."""
    column = models.device_tags.c.device_id
    return compiled(sa.delete(models.device_tags).where(column == sa.any_(_ids())))


def substring(text: object) -> str:
    """The LIKE pattern that finds ``text`` anywhere, its wildcards taken literally."""
    escaped = str(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def _ids() -> sa.BindParameter[Any]:
    return sa.bindparam("ids", type_=ARRAY(sa.BigInteger))


def _is_id(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.id == sa.bindparam("id", type_=sa.BigInteger)


def _is_address(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, INET | CIDR)
