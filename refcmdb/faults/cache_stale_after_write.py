"""A change of a device does not invalidate the cached detail of that device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import writing
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from refcmdb.api.resource import Resource
    from refcmdb.api.writing import Change

KIND = "fault"
CHECK = "CG-CACHE-001"
OPERATION = "devices_update"


def plant() -> None:
    """Only the lists were thought of."""
    production = writing.tags_of_change

    def tags_of_change(resource: Resource, change: Change) -> set[str]:
        tags = production(resource, change)
        if resource.name == "devices" and change.action == "update":
            tags -= {keys.object_tag("devices", change.item.id)}
        return tags

    writing.tags_of_change = tags_of_change
