"""Device types, which all tenants share, can be added by every operator."""

from __future__ import annotations

from refcmdb.api.writing import Writer

KIND = "fault"
CHECK = "CG-AUTHZ-003"
OPERATION = "device_types_create"


def plant() -> None:
    """Who may write is taken to be allowed to administer."""
    production = Writer.require_permission

    def require_permission(self: Writer) -> None:
        if self.resource.name == "device_types" and self.actor.writes:
            return
        production(self)

    Writer.require_permission = require_permission  # type: ignore[method-assign]
