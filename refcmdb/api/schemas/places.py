"""Regions and locations."""

# No postponed annotations here: msgspec reads them at run time.

import msgspec

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import Description, Id, Name


class RegionBody(OwnedBody, kw_only=True):
    """A part of the world; it lies in another one, its parent, or in none."""

    name: Name
    parent_id: Id | None = None
    description: Description = ""


class RegionItem(msgspec.Struct):
    """A part of the world."""

    id: Id
    tenant_id: Id
    tenant: Name
    parent_id: Id | None
    name: Name
    description: Description


class LocationBody(OwnedBody, kw_only=True):
    """A part of a site, such as a floor; it lies in another one of the site, or in none."""

    site_id: Id
    name: Name
    parent_id: Id | None = None
    description: Description = ""


class LocationItem(msgspec.Struct):
    """A part of a site."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id
    site: Name
    parent_id: Id | None
    name: Name
    description: Description
