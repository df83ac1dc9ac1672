"""What the API needs to know of a resource; everything else follows from it."""

from __future__ import annotations

import dataclasses
import functools
import operator
import types
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from refcmdb.api.values import Count, Cursor, CustomFilter, FieldNames, Id, Kind, Limit, SearchText
from refcmdb.auth.roles import ADMINISTRATORS, READERS, WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import sqlalchemy as sa

    from refcmdb.services.database import Session


Rule = Callable[["Session", Sequence[Mapping[str, Any]], Sequence[int]], Awaitable[None]]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One collection of the API.

    ``embeds`` maps an item field to the foreign key whose target's label it shows; ``extras``
    maps an item field to the SELECT expression that makes it. A resource without ``body``
    cannot be written; one that is not ``generic`` is written by the endpoints of a feature.
    ``label`` is the column that others embed. ``sealed`` fields of the body are stored encrypted.
    Of a ``personal`` one everybody sees what is their own and what its owner shares.
    One that ``tells_all`` is told of everything in its tenant, so that who sees less than that
    does not write it.
    ``rule`` judges what rows would become: the fields of their bodies, and their numbers.
    """

    path: str
    singular: str
    table: sa.Table
    item: type[msgspec.Struct]
    body: type[msgspec.Struct] | None = None
    filters: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ("id",)
    default_sort: str = "id"
    embeds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    extras: Mapping[str, sa.ColumnElement[Any]] = dataclasses.field(default_factory=dict)
    label: str = "name"
    bulk: bool = False
    generic: bool = True
    sealed: frozenset[str] = frozenset()
    personal: bool = False
    tells_all: bool = False
    rule: Rule | None = None

    @property
    def name(self) -> str:
        """The table's name; what cache tags, the change log and operation ids say."""
        return self.table.name

    @property
    def scoped(self) -> bool:
        """Whether its rows belong to tenants."""
        return "tenant_id" in self.table.c

    @property
    def writable(self) -> bool:
        """Whether the operations that all resources have in common write it."""
        return self.body is not None and self.generic

    def callers(self, verb: str) -> tuple[str, ...]:
        """The roles that may ``list`` and ``read``, or write, the objects."""
        if verb in {"list", "read"}:
            return READERS
        return WRITERS if self.scoped else ADMINISTRATORS

    @property
    def searched(self) -> bool:
        """Whether it has a substring search."""
        return "search_text" in self.table.c

    @property
    def references(self) -> dict[str, str]:
        """The foreign keys of the body, and the tables they point to."""
        fields = self.body.__struct_fields__ if self.body else ()
        return {
            field: key.column.table.name
            for field in fields
            if field in self.table.c and field != "tenant_id"
            for key in self.table.c[field].foreign_keys
        }

    @functools.cached_property
    def patch(self) -> type[msgspec.Struct] | None:
        """What a PATCH takes: the body, with every field optional; the owner never changes."""
        if self.body is None:
            return None
        fields = [
            (field, kind | UnsetType, UNSET)
            for field, kind in types_of(self.body).items()
            if field != "tenant_id"
        ]
        name = self.item.__name__.replace("Item", "Patch")
        return _closed_struct(name, fields, f"Changes of {self.singular}.")

    @functools.cached_property
    def bulk_patch(self) -> type[msgspec.Struct]:
        """One of many changes: the object's number, and what a PATCH of it takes."""
        assert self.patch is not None, "only what can be written can be written in bulk"
        name = self.item.__name__.replace("Item", "BulkPatch")
        fields = [(field, kind, UNSET) for field, kind in types_of(self.patch).items()]
        return _closed_struct(name, [("id", Id), *fields], f"Changes of {self.singular}.")

    @functools.cached_property
    def query(self) -> type[msgspec.Struct]:
        """The query parameters of its list."""
        kinds = types_of(self.item) | {"custom": CustomFilter}
        order = [sign + sort for sort in self.sorts for sign in ("", "-")]
        fields: list[tuple[str, Any, Any]] = [
            ("limit", Limit, 50),
            ("cursor", Cursor | UnsetType, UNSET),
            ("sort", Literal[*order], self.default_sort),
        ]
        if self.searched:
            fields.append(("q", SearchText | UnsetType, UNSET))
        fields += [
            (name, without(types.NoneType, kinds[name]) | UnsetType, UNSET)
            for name in self.filters
        ]
        name = self.item.__name__.replace("Item", "Fields")
        names = type(name, (FieldNames,), {"fields": self.item.__struct_fields__, "__slots__": ()})
        fields += [("fields", names | UnsetType, UNSET), ("count", Count, "none")]
        return _closed_struct(self.item.__name__.replace("Item", "Query"), fields, "A list query.")

    @functools.cached_property
    def page(self) -> type[msgspec.Struct]:
        """One page of its list; ``next`` is null on the last one, ``count`` where asked for."""
        return msgspec.defstruct(
            self.item.__name__.replace("Item", "Page"),
            [
                ("items", list[self.item]),  # type: ignore[name-defined]
                ("next", str | None),
                ("count", int | UnsetType, UNSET),
            ],
            namespace={"__doc__": f"A page of {self.path}."},
        )


def types_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of ``struct`` and their types, annotations evaluated."""
    hints = typing.get_type_hints(struct, include_extras=True)
    return {field: hints[field] for field in struct.__struct_fields__}


def without(excluded: type, kind: Kind) -> Kind:
    """``int`` for ``int | None`` without NoneType; anything else unchanged."""
    if typing.get_origin(kind) not in {types.UnionType, typing.Union}:
        return kind
    rest = [option for option in typing.get_args(kind) if option is not excluded]
    return functools.reduce(operator.or_, rest)


def _closed_struct(
    name: str, fields: Iterable[tuple[str, Any] | tuple[str, Any, Any]], doc: str
) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        name,
        fields,
        namespace={"__doc__": doc},
        forbid_unknown_fields=True,
        kw_only=True,
        frozen=True,
    )
