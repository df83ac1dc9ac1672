"""The device search is a case-insensitive regular expression, which the same index serves."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-PLAN-001"
OPERATION = "devices_list"


def plant() -> None:
    """``~*`` in place of ILIKE."""

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if not shape.searching:
            return None
        values["expression"] = re.escape(query.q)
        found = resource.table.c.search_text.op("~*", return_type=sa.Boolean())(
            sa.bindparam("expression", type_=sa.Text)
        )
        plain = dataclasses.replace(shape, searching=False)
        return statements.select_page(resource, plain).where(found)

    rewrite_list("devices", rewrite)
