"""The rows, as blocks of lines in PostgreSQL's COPY text format.

Everything is formatted at once, a few lines per f-string: making the text must not be slower
than PostgreSQL reads it. No value needs escaping.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import random
from typing import TYPE_CHECKING

from refcmdb.seeding import network, people, templates
from refcmdb.seeding import plan as planned
from refcmdb.seeding.plan import ADMIN, EPOCH, MAKERS, REGIONS, TAGS, TENANTS, Plan
from refcmdb.seeding.tables import TableRows, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ("access", "distribution", "core", "firewall", "router", "server")
STATUSES = ("active", "planned", "staged", "offline", "retired")
STATUS_WEIGHTS = (80, 5, 3, 7, 5)


def all_rows(plan: Plan) -> list[TableRows]:
    """The rows of every table but users and tokens, the large tables first."""
    return [
        TableRows(
            table="interfaces",
            columns=("id", "tenant_id", "device_id", "name", "type", "mac", "enabled", "mtu"),
            lines=lambda: blocks(network.interfaces(plan)),
        ),
        TableRows(
            table="ip_addresses",
            columns=("id", "tenant_id", "interface_id", "address", "status", "dns_name"),
            lines=lambda: blocks(network.ip_addresses(plan)),
        ),
        TableRows(
            table="devices",
            columns=(
                *("id", "tenant_id", "site_id", "rack_id", "device_type_id", "name", "serial"),
                *("asset_tag", "status", "role", "comments", "created_at", "updated_at", "custom"),
            ),
            lines=lambda: blocks(devices(plan)),
        ),
        TableRows(
            table="changes",
            columns=(
                *("id", "tenant_id", "object_type", "object_id", "action", "after"),
                *("user_id", "request_id", "time"),
            ),
            lines=lambda: blocks(changes(plan)),
        ),
        TableRows(
            table="cables",
            columns=("id", "tenant_id", "a_interface_id", "b_interface_id", "type", "status"),
            lines=lambda: blocks(network.cables(plan)),
        ),
        TableRows(
            table="device_tags",
            columns=("device_id", "tag_id"),
            lines=lambda: blocks(device_tags(plan)),
        ),
        *_small_tables(plan),
        *people.tables(plan),
    ]


def _small_tables(plan: Plan) -> list[TableRows]:
    return [
        TableRows(
            table="journal_entries",
            columns=("id", "tenant_id", "device_id", "user_id", "kind", "comments", "created_at"),
            lines=lambda: blocks(journal_entries(plan)),
        ),
        TableRows(
            table="racks",
            columns=("id", "tenant_id", "site_id", "location_id", "name", "height_units"),
            lines=lambda: blocks(racks(plan)),
        ),
        TableRows(
            table="vlans",
            columns=("id", "tenant_id", "site_id", "vid", "name"),
            lines=lambda: blocks(vlans(plan)),
        ),
        TableRows(
            table="prefixes",
            columns=("id", "tenant_id", "site_id", "vrf_id", "prefix", "status", "description"),
            lines=lambda: blocks(network.prefixes(plan)),
        ),
        TableRows(
            table="vrfs",
            columns=("id", "tenant_id", "name", "rd"),
            lines=lambda: blocks(network.vrfs()),
        ),
        TableRows(
            table="sites",
            columns=(
                *("id", "tenant_id", "name", "region", "region_id", "status", "address"),
                "custom",
            ),
            lines=lambda: blocks(sites(plan)),
        ),
        TableRows(
            table="device_types",
            columns=("id", "manufacturer", "model", "height_units"),
            lines=lambda: blocks(device_types()),
        ),
        TableRows(
            table="config_templates",
            columns=templates.COLUMNS,
            lines=lambda: blocks(templates.config_templates()),
        ),
        TableRows(
            table="tags",
            columns=("id", "name", "color"),
            lines=lambda: blocks(
                f"{number}\t{name}\t{number * 999_983 % 0xFFFFFF:06x}\n"
                for number, name in enumerate(TAGS, 1)
            ),
        ),
        TableRows(
            table="tenants",
            columns=("id", "name", "description"),
            lines=lambda: blocks(
                f"{number}\t{name}\tThe {name} tenant\n" for number, name in enumerate(TENANTS, 1)
            ),
        ),
    ]


def sites(plan: Plan) -> Iterator[str]:
    """One line per site."""
    for site in range(1, plan.sites + 1):
        region = REGIONS[site % 3]
        owner = plan.owner_of(site)
        number = planned.region_of(owner, site % 3)
        yield (
            f"{site}\t{owner}\t{region}-{site:05d}\t{region}\t{number}\tactive\t{site} Main St"
            f'\t{{"floor-space": {100 + site}}}\n'
        )


def racks(plan: Plan) -> Iterator[str]:
    """Ten lines per site."""
    for site, position in itertools.product(
        range(1, plan.sites + 1), range(planned.RACKS_PER_SITE)
    ):
        rack = (site - 1) * planned.RACKS_PER_SITE + position + 1
        yield (
            f"{rack}\t{plan.owner_of(site)}\t{site}\t{plan.room_of(site)}"
            f"\tR{site:05d}-{position + 1:02d}\t42\n"
        )


def vlans(plan: Plan) -> Iterator[str]:
    """Four lines per site."""
    purposes = ("data", "voice", "guest", "management")
    for site, position in itertools.product(range(1, plan.sites + 1), range(4)):
        vlan = (site - 1) * planned.VLANS_PER_SITE + position + 1
        vid, name = 100 * (position + 1), f"{purposes[position]}-{site:05d}"
        yield f"{vlan}\t{plan.owner_of(site)}\t{site}\t{vid}\t{name}\n"


def device_types() -> Iterator[str]:
    """One line per product."""
    products = itertools.product(MAKERS, range(1, planned.MODELS_PER_MAKER + 1))
    for number, (maker, model) in enumerate(products, 1):
        yield f"{number}\t{maker}\t{maker[:2].upper()}-{model * 1000 + number}\t{model % 3 + 1}\n"


def devices(plan: Plan) -> Iterator[str]:
    """One line per device."""
    rng = random.Random(f"{plan.seed} devices")  # noqa: S311 - data to look at, no secret
    statuses = rng.choices(STATUSES, STATUS_WEIGHTS, k=plan.devices)
    kinds = rng.choices(range(1, plan.device_types + 1), k=plan.devices)
    serials = rng.sample(range(36**6), k=plan.devices)
    for device, status, kind, serial in zip(
        range(1, plan.devices + 1), statuses, kinds, serials, strict=True
    ):
        site, role = plan.site_of(device), ROLES[device % 6]
        asset = f"A{device:07d}" if device % 3 else r"\N"
        time = _time(device)
        yield (
            f"{device}\t{plan.owner_of(site)}\t{site}\t{plan.rack_of(device)}\t{kind}"
            f"\t{role}-{site:05d}-{device:06d}\tSN{serial:010d}\t{asset}\t{status}\t{role}"
            f"\t\t{time}\t{time}\t{people.custom_of_device(device)}\n"
        )


def device_tags(plan: Plan) -> Iterator[str]:
    """One line per device; tag numbers count from 1."""
    rng = random.Random(f"{plan.seed} tags")  # noqa: S311 - as above
    numbers = rng.choices(range(1, len(TAGS) + 1), k=plan.devices)
    return (f"{device}\t{tag}\n" for device, tag in enumerate(numbers, 1))


def changes(plan: Plan) -> Iterator[str]:
    """One line per device: its creation."""
    rng = random.Random(f"{plan.seed} changes")  # noqa: S311 - as above
    for device in range(1, plan.devices + 1):
        site = plan.site_of(device)
        yield (
            f"{device}\t{plan.owner_of(site)}\tdevices\t{device}\tcreate"
            f'\t{{"id": {device}, "site_id": {site}}}'
            f"\t{ADMIN}\t{rng.getrandbits(128):032x}\t{_time(device)}\n"
        )


def journal_entries(plan: Plan) -> Iterator[str]:
    """One line per hundred devices."""
    for number, device in enumerate(range(1, plan.devices + 1, 100), 1):
        owner = plan.owner_of(plan.site_of(device))
        yield f"{number}\t{owner}\t{device}\t{ADMIN}\tinfo\tInstalled\t{_time(device)}\n"


def _time(second: int) -> str:
    """The moment ``second`` s after the epoch."""
    day, rest = divmod(second, 86_400)
    return f"{_date(day)} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}+00"


@functools.cache
def _date(day: int) -> str:
    return (EPOCH + dt.timedelta(days=day)).isoformat()
