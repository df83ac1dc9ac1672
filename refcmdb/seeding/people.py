"""The lines of places, contacts, custom fields and saved views, in PostgreSQL's COPY format."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from refcmdb.seeding import plan as planned
from refcmdb.seeding.plan import ADMIN, TENANTS, USERS, Plan
from refcmdb.seeding.tables import TableRows, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPPORT = ("gold", "silver", "bronze")
CONTACTS = (("team", "Network operations", "noc"), ("person", "Field engineer", "field"))
FIELDS = (
    ("devices", "lifecycle", "choice", '["supported", "ending", "ended"]', r"\N", r"\N"),
    ("devices", "owner", "text", "[]", r"\N", "60"),
    ("racks", "owner", "text", "[]", r"\N", "60"),
    ("sites", "owner", "text", "[]", r"\N", "60"),
    ("prefixes", "public", "boolean", "[]", r"\N", r"\N"),
    ("prefixes", "owner", "text", "[]", r"\N", "60"),
    ("devices", "support", "choice", '["gold", "silver", "bronze"]', r"\N", r"\N"),
    ("sites", "floor-space", "integer", "[]", "1", r"\N"),
)
# How each tenant looks at its devices first.
VIEW = ("Newest devices", "devices", "sort=-id&limit=100")


def tables(plan: Plan) -> list[TableRows]:
    """The rows of all of them."""
    return [
        TableRows(
            table="regions",
            columns=("id", "tenant_id", "parent_id", "name"),
            lines=lambda: blocks(regions()),
        ),
        TableRows(
            table="locations",
            columns=("id", "tenant_id", "site_id", "parent_id", "name"),
            lines=lambda: blocks(locations(plan)),
        ),
        TableRows(
            table="contacts",
            columns=("id", "tenant_id", "kind", "name", "email", "phone"),
            lines=lambda: blocks(contacts()),
        ),
        TableRows(
            table="contact_assignments",
            columns=("id", "tenant_id", "contact_id", "site_id", "role", "priority"),
            lines=lambda: blocks(contact_assignments(plan)),
        ),
        TableRows(
            table="custom_fields",
            columns=(
                *("id", "tenant_id", "resource", "name", "type", "required", "choices"),
                *("minimum", "maximum"),
            ),
            lines=lambda: blocks(custom_fields()),
        ),
        TableRows(
            table="saved_views",
            columns=("id", "tenant_id", "user_id", "name", "resource", "query", "shared"),
            lines=lambda: blocks(saved_views()),
        ),
    ]


def regions() -> Iterator[str]:
    """Four lines per tenant: all of the world, and its parts."""
    for owner in range(1, len(TENANTS) + 1):
        world = planned.region_of(owner, 0) - 1
        yield f"{world}\t{owner}\t\\N\tworld\n"
        for position, name in enumerate(planned.REGIONS):
            yield f"{planned.region_of(owner, position)}\t{owner}\t{world}\t{name}\n"


def locations(plan: Plan) -> Iterator[str]:
    """Two lines per site: a floor, and the room on it in which the racks stand."""
    for site in range(1, plan.sites + 1):
        owner, room = plan.owner_of(site), plan.room_of(site)
        yield f"{room - 1}\t{owner}\t{site}\t\\N\tFloor 1\n"
        yield f"{room}\t{owner}\t{site}\t{room - 1}\tRoom 1.1\n"


def contacts() -> Iterator[str]:
    """Two lines per tenant."""
    for number, (owner, (kind, name, mail)) in enumerate(_owned(CONTACTS), 1):
        domain = f"{TENANTS[owner - 1]}.example.com"
        yield f"{number}\t{owner}\t{kind}\t{name}\t{mail}@{domain}\t+1 202 555 {number:04d}\n"


def contact_assignments(plan: Plan) -> Iterator[str]:
    """One line per site: the team of its owner."""
    for site in range(1, plan.sites + 1):
        owner = plan.owner_of(site)
        team = (owner - 1) * len(CONTACTS) + 1
        yield f"{site}\t{owner}\t{team}\t{site}\ton-call\tprimary\n"


def custom_fields() -> Iterator[str]:
    """Eight lines per tenant."""
    for number, (owner, field) in enumerate(_owned(FIELDS), 1):
        resource, name, kind, choices, minimum, maximum = field
        yield (
            f"{number}\t{owner}\t{resource}\t{name}\t{kind}\tf\t{choices}\t{minimum}\t{maximum}\n"
        )


def saved_views() -> Iterator[str]:
    """One line per tenant, of its operator where it has one."""
    operators = {
        owner: user for user, (_, role, owner) in enumerate(USERS, 1) if role == "operator"
    }
    for owner in range(1, len(TENANTS) + 1):
        name, resource, query = VIEW
        user = operators.get(owner, ADMIN)
        yield f"{owner}\t{owner}\t{user}\t{name}\t{resource}\t{query}\tt\n"


def custom_of_device(device: int) -> str:
    """The custom fields of a device: every fourth has one."""
    if device % 4 != 1:
        return "{}"
    return f'{{"support": "{SUPPORT[device // 4 % len(SUPPORT)]}"}}'


def _owned[Item](items: tuple[Item, ...]) -> Iterator[tuple[int, Item]]:
    return itertools.product(range(1, len(TENANTS) + 1), items)
