"""The lines of ports, cables, VRFs, prefixes and addresses, in PostgreSQL's COPY text format."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from refcmdb.seeding import plan as planned
from refcmdb.seeding.plan import TENANTS, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS_STATUSES = ("active", "active", "active", "dhcp", "active", "reserved", "deprecated")


def interfaces(plan: Plan) -> Iterator[str]:
    """Four lines per device in one text."""
    for device in range(1, plan.devices + 1):
        owner, first = plan.owner_of(plan.site_of(device)), device * 4 - 3
        mac = f"02:{device >> 16 & 255:02x}:{device >> 8 & 255:02x}:{device & 255:02x}:00"
        yield (
            f"{first}\t{owner}\t{device}\tEthernet1\t1000base-t\t{mac}:01\tt\t1500\n"
            f"{first + 1}\t{owner}\t{device}\tEthernet2\t1000base-t\t{mac}:02\tt\t1500\n"
            f"{first + 2}\t{owner}\t{device}\tEthernet3\t10gbase-x\t{mac}:03\tf\t9000\n"
            f"{first + 3}\t{owner}\t{device}\tLoopback0\tvirtual\t\\N\tt\t\\N\n"
        )


def cables(plan: Plan) -> Iterator[str]:
    """One line per device but the first of a site: the devices of a site make a binary tree.

    The first port leads up, to the second or the third one of the device above.
    """
    for number, device in enumerate(range(plan.sites + 1, plan.devices + 1), 1):
        site, place = plan.site_of(device), (device - 1) // plan.sites
        above = (place - 1) // 2 * plan.sites + site
        up, down = device * 4 - 3, above * 4 - 2 + (place - 1) % 2
        yield f"{number}\t{plan.owner_of(site)}\t{down}\t{up}\tcat6\tactive\n"


def ip_addresses(plan: Plan) -> Iterator[str]:
    """Two lines per device in one text: one of its first port, one of its loopback."""
    for device in range(1, plan.devices + 1):
        site = plan.site_of(device)
        owner, first = plan.owner_of(site), device * 2 - 1
        host = f"{device >> 16 & 255}.{device >> 8 & 255}.{device & 255}"
        name = f"d{device}.s{site}.example.net"
        status = ADDRESS_STATUSES[device % len(ADDRESS_STATUSES)]
        yield (
            f"{first}\t{owner}\t{device * 4 - 3}\t10.{host}/24\t{status}\t{name}\n"
            f"{first + 1}\t{owner}\t{device * 4}\t100.{host}/32\tactive\tlo.{name}\n"
        )


def vrfs() -> Iterator[str]:
    """Two lines per tenant."""
    owned = itertools.product(range(1, len(TENANTS) + 1), planned.VRFS)
    for number, (owner, name) in enumerate(owned, 1):
        yield f"{number}\t{owner}\t{name}\t65000:{number}\n"


def prefixes(plan: Plan) -> Iterator[str]:
    """Four lines per site, from 172.0.0.0/24 upwards; then what they lie in."""
    numbers = itertools.count(plan.sites * planned.PREFIXES_PER_SITE + 1)
    for site, position in itertools.product(range(1, plan.sites + 1), range(4)):
        number = (site - 1) * planned.PREFIXES_PER_SITE + position
        network, what = f"{_network(number)}/24", f"Network {position} of {site}"
        owner = plan.owner_of(site)
        yield f"{number + 1}\t{owner}\t{site}\t\\N\t{network}\tactive\t{what}\n"
    for site in range(1, plan.sites + 1):
        network = f"{_network((site - 1) * planned.PREFIXES_PER_SITE)}/22"
        owner = plan.owner_of(site)
        yield f"{next(numbers)}\t{owner}\t{site}\t\\N\t{network}\tactive\tAll of {site}\n"
    for owner, network in itertools.product(range(1, len(TENANTS) + 1), planned.CONTAINERS):
        yield f"{next(numbers)}\t{owner}\t\\N\t\\N\t{network}\tactive\t\n"
    for vrf in range(1, len(TENANTS) * len(planned.VRFS) + 1):
        owner = (vrf - 1) // len(planned.VRFS) + 1
        yield f"{next(numbers)}\t{owner}\t\\N\t{vrf}\t192.168.0.0/16\tactive\t\n"


def _network(number: int) -> str:
    return f"{172 + (number >> 16)}.{number >> 8 & 255}.{number & 255}.0"
