"""What all bodies have in common."""

# No postponed annotations here: msgspec reads them at run time.

import msgspec
from msgspec import UNSET, UnsetType

from refcmdb.api.values import Id


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a create takes."""


class Chosen(Body, kw_only=True):
    """One of the objects that a bulk operation is about."""

    id: Id


class OwnedBody(Body, kw_only=True):
    """What a create of a tenant's object takes; actors without tenant name the owner."""

    tenant_id: Id | UnsetType = UNSET
