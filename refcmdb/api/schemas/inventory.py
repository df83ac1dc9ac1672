"""Sites, racks, device types, devices, interfaces, tags."""

# No postponed annotations here: msgspec reads them at run time.

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import Body, OwnedBody
from refcmdb.api.values import (
    Color,
    Comments,
    Custom,
    CustomValues,
    Description,
    DeviceRole,
    DeviceStatus,
    HeightUnits,
    Id,
    InterfaceType,
    Label,
    Mac,
    Mtu,
    Name,
    RackName,
    Region,
    Serial,
    Status,
    TagName,
)


class SiteBody(OwnedBody, kw_only=True):
    """A place with racks."""

    name: Name
    region: Region
    region_id: Id | None = None
    status: Status = "active"
    address: Description = ""
    custom: CustomValues = msgspec.field(default_factory=dict)


class SiteItem(msgspec.Struct):
    """A place with racks."""

    id: Id
    tenant_id: Id
    tenant: Name
    name: Name
    region: Region
    region_id: Id | None
    status: Status
    address: Description
    custom: Custom


class RackBody(OwnedBody, kw_only=True):
    """A rack of a site."""

    site_id: Id
    name: RackName
    height_units: HeightUnits = 42
    location_id: Id | None = None
    custom: CustomValues = msgspec.field(default_factory=dict)


class RackItem(msgspec.Struct):
    """A rack of a site."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id
    site: Name
    location_id: Id | None
    location: Name | None
    name: RackName
    height_units: HeightUnits
    custom: Custom


class DeviceTypeBody(Body, kw_only=True):
    """A product that devices are made of."""

    manufacturer: Name
    model: Name
    height_units: HeightUnits = 1


class DeviceTypeItem(msgspec.Struct):
    """A product that devices are made of."""

    id: Id
    manufacturer: Name
    model: Name
    height_units: HeightUnits


class DeviceBody(OwnedBody, kw_only=True):
    """A device of a site; ``tags`` are names of tags that exist."""

    name: Name
    serial: Serial
    site_id: Id
    device_type_id: Id
    location_id: Id | None = None
    rack_id: Id | None = None
    asset_tag: Serial | None = None
    status: DeviceStatus = "active"
    role: DeviceRole = "access"
    comments: Comments = ""
    tags: Annotated[list[TagName], Meta(max_length=20)] = msgspec.field(default_factory=list)
    custom: CustomValues = msgspec.field(default_factory=dict)


class DeviceItem(msgspec.Struct):
    """A device of a site."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id
    site: Name
    location_id: Id | None
    location: Name | None
    rack_id: Id | None
    rack: RackName | None
    device_type_id: Id
    device_type: Name
    name: Name
    serial: Serial
    asset_tag: Serial | None
    status: DeviceStatus
    role: DeviceRole
    comments: Comments
    created_at: dt.datetime
    updated_at: dt.datetime
    tags: list[TagName]
    custom: Custom


class InterfaceBody(OwnedBody, kw_only=True):
    """A port of a device; a line goes on from the one of the same device that is ``through``."""

    device_id: Id
    name: Label
    type: InterfaceType = "1000base-t"
    mac: Mac | None = None
    enabled: bool = True
    mtu: Mtu | None = None
    through_id: Id | None = None
    description: Description = ""


class InterfaceItem(msgspec.Struct):
    """A port of a device."""

    id: Id
    tenant_id: Id
    tenant: Name
    device_id: Id
    device: Name
    name: Label
    type: InterfaceType
    mac: Mac | None
    enabled: bool
    mtu: Mtu | None
    through_id: Id | None
    description: Description


class TagBody(Body, kw_only=True):
    """A word that devices can carry."""

    name: TagName
    color: Color = "7f7f7f"
    description: Description = ""


class TagItem(msgspec.Struct):
    """A word that devices can carry."""

    id: Id
    name: TagName
    color: Color
    description: Description
