"""What goes in and out per resource.

An item lists its fields in the order of the SELECT list; a body is what a create takes. What a
patch takes follows from the body (:func:`refcmdb.api.resource.patch_of`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

if TYPE_CHECKING:
    import datetime as dt

    from refcmdb.api.values import (
        Action,
        Address,
        AddressStatus,
        Color,
        Comments,
        Description,
        DeviceRole,
        DeviceStatus,
        DnsName,
        HeightUnits,
        Id,
        InterfaceType,
        Label,
        Mac,
        Mtu,
        Name,
        Network,
        RackName,
        Region,
        Serial,
        Status,
        TagName,
        Vid,
    )


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a create takes."""


class OwnedBody(Body, kw_only=True):
    """What a create of a tenant's object takes; actors without tenant name the owner."""

    tenant_id: Id | UnsetType = UNSET


class TenantBody(Body, kw_only=True):
    """A tenant."""

    name: Name
    description: Description = ""


class TenantItem(msgspec.Struct):
    """A tenant."""

    id: Id
    name: Name
    description: Description


class SiteBody(OwnedBody, kw_only=True):
    """A place with racks."""

    name: Name
    region: Region
    status: Status = "active"
    address: Description = ""


class SiteItem(msgspec.Struct):
    """A place with racks."""

    id: Id
    tenant_id: Id
    tenant: Name
    name: Name
    region: Region
    status: Status
    address: Description


class RackBody(OwnedBody, kw_only=True):
    """A rack of a site."""

    site_id: Id
    name: RackName
    height_units: HeightUnits = 42


class RackItem(msgspec.Struct):
    """A rack of a site."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id
    site: Name
    name: RackName
    height_units: HeightUnits


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
    rack_id: Id | None = None
    asset_tag: Serial | None = None
    status: DeviceStatus = "active"
    role: DeviceRole = "access"
    comments: Comments = ""
    tags: Annotated[list[TagName], Meta(max_length=20)] = []


class DeviceItem(msgspec.Struct):
    """A device of a site."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id
    site: Name
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


class InterfaceBody(OwnedBody, kw_only=True):
    """A port of a device."""

    device_id: Id
    name: Label
    type: InterfaceType = "1000base-t"
    mac: Mac | None = None
    enabled: bool = True
    mtu: Mtu | None = None
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
    description: Description


class PrefixBody(OwnedBody, kw_only=True):
    """A network."""

    prefix: Network
    site_id: Id | None = None
    status: Status = "active"
    description: Description = ""


class PrefixItem(msgspec.Struct):
    """A network."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id | None
    site: Name | None
    prefix: Network
    status: Status
    description: Description


class IpAddressBody(OwnedBody, kw_only=True):
    """An address, assigned to an interface or not."""

    address: Address
    interface_id: Id | None = None
    status: AddressStatus = "active"
    dns_name: DnsName = ""


class IpAddressItem(msgspec.Struct):
    """An address, assigned to an interface or not."""

    id: Id
    tenant_id: Id
    tenant: Name
    interface_id: Id | None
    interface: Label | None
    address: Address
    status: AddressStatus
    dns_name: DnsName


class VlanBody(OwnedBody, kw_only=True):
    """A VLAN of a site."""

    site_id: Id
    vid: Vid
    name: Label
    description: Description = ""


class VlanItem(msgspec.Struct):
    """A VLAN of a site."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id
    site: Name
    vid: Vid
    name: Label
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


Snapshot = Annotated[
    msgspec.Raw, Meta(extra_json_schema={"type": ["object", "null"]}, description="The object.")
]


class ChangeItem(msgspec.Struct):
    """One change of one object, with the object as it was before and after."""

    id: Id
    tenant_id: Id | None
    tenant: Name | None
    object_type: Annotated[str, Meta(max_length=30)]
    object_id: Id
    action: Action
    user_id: Id
    user: Name
    request_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?![\s\S])", max_length=32)]
    time: dt.datetime
    before: Snapshot
    after: Snapshot
