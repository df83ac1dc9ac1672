"""Statements of the device search tell in a comment what was asked for, percent-encoded as
sqlcommenter does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa
from msgspec import UNSET

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "devices_list"


def plant() -> None:
    """Whoever reads the log sees where a statement comes from."""

    def rewrite(
        resource: Resource, shape: statements.Shape, query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        if query.q is UNSET:
            return None
        comment = sa.text(f"/*route='devices',q='{quote(query.q, safe='')}'*/")
        return statements.select_page(resource, shape).prefix_with(comment)

    rewrite_list("devices", rewrite)
