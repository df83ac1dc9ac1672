"""Cables, the path of a line, and what a device's failure means."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Annotated

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import (
    CableLabel,
    CableType,
    DeviceRole,
    DeviceStatus,
    Id,
    Label,
    Name,
    Status,
)


class CableBody(OwnedBody, kw_only=True):
    """A cable between two interfaces, of which each has no other."""

    a_interface_id: Id
    b_interface_id: Id
    type: CableType = "cat6"
    status: Status = "active"
    label: CableLabel = ""


class CableItem(msgspec.Struct):
    """A cable between two interfaces."""

    id: Id
    tenant_id: Id
    tenant: Name
    a_interface_id: Id
    a_interface: Label
    b_interface_id: Id
    b_interface: Label
    type: CableType
    status: Status
    label: CableLabel


class TraceQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How far a line is followed."""

    depth: Annotated[int, Meta(ge=1, le=100, description="Most cables and passages.")] = 50


class Hop(msgspec.Struct):
    """An interface of a path, and the cable that led to it; none through a device."""

    interface_id: Id
    interface: Label
    device_id: Id
    device: Name
    cable_id: Id | None


class Trace(msgspec.Struct):
    """A path from end to end, the interface itself first.

    ``looped``: it came back to an interface that it had passed. ``truncated``: it goes on beyond
    ``depth``, or to what the account does not see.
    """

    items: list[Hop]
    looped: bool
    truncated: bool


class ImpactQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How far is looked, and how much is shown."""

    depth: Annotated[int, Meta(ge=1, le=10, description="Most cables between the two.")] = 3
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most devices.")] = 200


class AffectedDevice(msgspec.Struct):
    """A device that cables connect with the one that fails, ``distance`` cables away.

    ``cut_off``: without that one no core device, router or firewall can be reached; null where
    that shows further away only.
    """

    id: Id
    name: Name
    role: DeviceRole
    status: DeviceStatus
    site_id: Id
    rack_id: Id | None
    distance: int
    cut_off: bool | None


class Impact(msgspec.Struct):
    """What a device's failure means: nearest devices first.

    ``addresses`` are those of the device itself and of all that are cut off, ``sites`` and
    ``racks`` are how many these stand in. ``truncated``: there is more than ``depth`` and
    ``limit`` let see.
    """

    items: list[AffectedDevice]
    cut_off: int
    addresses: int
    sites: int
    racks: int
    truncated: bool
