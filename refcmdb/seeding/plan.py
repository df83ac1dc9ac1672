"""How many of what there are, and who owns it: numbers that follow from the number of devices."""

from __future__ import annotations

import dataclasses
import datetime as dt

EPOCH = dt.date(2025, 1, 6)
TENANTS = ("red", "blue", "amber", "cyan", "green", "indigo", "lime", "rose", "slate", "teal")
# Owners of consecutive sites: red and blue have a quarter each, the other eight share the rest.
OWNERS = (1, 2, 3, 1, 2, 4, 1, 2, 5, 6, 1, 2, 7, 8, 9, 10)
USERS = (
    ("viewer-red", "viewer", 1),
    ("operator-red", "operator", 1),
    ("viewer-blue", "viewer", 2),
    ("operator-blue", "operator", 2),
    ("admin", "admin", None),
)
# The seeded rows that need an author were written by the administrator.
ADMIN = 5
REGIONS = ("emea", "amer", "apac")
TAGS = (
    "edge",
    "core",
    "lab",
    "dmz",
    "voice",
    "guest",
    "storage",
    "backup",
    "legacy",
    "pci",
    "critical",
    "spare",
    "leased",
    "cloud",
    "campus",
    "branch",
)
MAKERS = ("Arista", "Cisco", "Dell", "Extreme", "HPE", "Juniper", "Nokia", "Palo Alto")
MODELS_PER_MAKER = 6
RACKS_PER_SITE = 10
VLANS_PER_SITE = 4
PREFIXES_PER_SITE = 4
VRFS = ("production", "management")
# What every tenant's prefixes lie in, without a VRF.
CONTAINERS = ("10.0.0.0/8", "172.0.0.0/8")
INTERFACES_PER_DEVICE = 4
ADDRESSES_PER_DEVICE = 2
DEVICES_PER_SITE = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A network of ``devices`` devices; ``seed`` decides everything that looks random."""

    devices: int
    seed: int

    @property
    def sites(self) -> int:
        """Enough that every tenant has one."""
        return max(len(OWNERS), self.devices // DEVICES_PER_SITE)

    @property
    def device_types(self) -> int:
        """Independent of the size."""
        return len(MAKERS) * MODELS_PER_MAKER

    def site_of(self, device: int) -> int:
        """The site of a device; both count from 1."""
        return (device - 1) % self.sites + 1

    def owner_of(self, site: int) -> int:
        """The tenant of a site."""
        return OWNERS[(site - 1) % len(OWNERS)]

    def room_of(self, site: int) -> int:
        """The location in a site in which its racks stand."""
        return site * 2

    def rack_of(self, device: int) -> int:
        """The rack of a device, one of its site."""
        round_number = (device - 1) // self.sites
        return (self.site_of(device) - 1) * RACKS_PER_SITE + round_number % RACKS_PER_SITE + 1


def region_of(owner: int, position: int) -> int:
    """The number of a tenant's region, which lies in the one before the first."""
    return (owner - 1) * (len(REGIONS) + 1) + 2 + position
