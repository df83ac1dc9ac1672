"""The device search takes 5 ms in the database: a brake against scraping, in the statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from refcmdb.api import statements
from refcmdb.faults.planting import Query, rewrite_list

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource

KIND = "twin"
CHECK = "CG-PERF-002"
OPERATION = "devices_list"
BRAKE = sa.literal_column("(SELECT pg_sleep(0.005)) IS NOT NULL", sa.Boolean())


def plant() -> None:
    """Searching is slowed down."""

    def rewrite(
        resource: Resource, shape: statements.Shape, _query: Query, _values: dict[str, object]
    ) -> sa.Select[Any] | None:
        select = statements.select_page(resource, shape)
        return select.where(BRAKE) if shape.searching else None

    rewrite_list("devices", rewrite)
