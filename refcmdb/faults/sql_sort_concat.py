"""The device list's ``sort`` takes any column, and its text becomes the ORDER BY clause."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.api.registry import RESOURCES
from refcmdb.api.resource import Resource, types_of
from refcmdb.faults.planting import Query, rewrite_list

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "devices_list"


def plant() -> None:
    """Any text is a sort."""
    devices = RESOURCES["devices"]
    vars(devices)["query"] = _with_any_sort(devices)
    known = {sign + sort for sort in devices.sorts for sign in ("", "-")}

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if query.sort in known:
            return None
        values["limit"] = query.limit
        direction = "DESC" if query.sort.startswith("-") else "ASC"
        order: sa.ColumnClause[Any] = sa.literal_column(
            f"{query.sort.removeprefix('-')} {direction}"
        )
        shape = dataclasses.replace(shape, sort="id", following=False)
        return statements.select_page(resource, shape).order_by(None).order_by(order)

    rewrite_list("devices", rewrite)


def _with_any_sort(devices: Resource) -> type[msgspec.Struct]:
    kinds = types_of(devices.query) | {"sort": str}
    defaults = devices.query.__struct_defaults__
    fields = [(name, kinds[name], default) for name, default in zip(kinds, defaults, strict=True)]
    return msgspec.defstruct(
        "AnySortQuery", fields, forbid_unknown_fields=True, kw_only=True, frozen=True
    )
