"""VRFs, prefixes, IP addresses, VLANs."""

# No postponed annotations here: msgspec reads them at run time.

import msgspec

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import (
    Address,
    AddressStatus,
    Custom,
    CustomValues,
    Description,
    DnsName,
    Id,
    Label,
    Name,
    Network,
    RouteDistinguisher,
    Status,
    Vid,
)


class VrfBody(OwnedBody, kw_only=True):
    """A routing table of its own."""

    name: Name
    rd: RouteDistinguisher | None = None
    description: Description = ""


class VrfItem(msgspec.Struct):
    """A routing table of its own."""

    id: Id
    tenant_id: Id
    tenant: Name
    name: Name
    rd: RouteDistinguisher | None
    description: Description


class PrefixBody(OwnedBody, kw_only=True):
    """A network."""

    prefix: Network
    site_id: Id | None = None
    vrf_id: Id | None = None
    status: Status = "active"
    description: Description = ""
    custom: CustomValues = msgspec.field(default_factory=dict)


class PrefixItem(msgspec.Struct):
    """A network."""

    id: Id
    tenant_id: Id
    tenant: Name
    site_id: Id | None
    site: Name | None
    vrf_id: Id | None
    vrf: Name | None
    prefix: Network
    status: Status
    description: Description
    custom: Custom


class IpAddressBody(OwnedBody, kw_only=True):
    """An address, assigned to an interface or not."""

    address: Address
    interface_id: Id | None = None
    vrf_id: Id | None = None
    status: AddressStatus = "active"
    dns_name: DnsName = ""


class IpAddressItem(msgspec.Struct):
    """An address, assigned to an interface or not."""

    id: Id
    tenant_id: Id
    tenant: Name
    interface_id: Id | None
    interface: Label | None
    vrf_id: Id | None
    vrf: Name | None
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
