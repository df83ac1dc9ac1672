"""The configuration templates that every tenant begins with."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from refcmdb.seeding.plan import TENANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = {
    "base": "hostname {{ device.name }}\nsnmp-server location {{ device.site }}\n",
    "interfaces": "{% for port in device.interfaces %}\ninterface {{ port.name }}\n"
    " {{ 'no shutdown' if port.enabled else 'shutdown' }}\n{% endfor %}\n",
}
COLUMNS = ("id", "tenant_id", "name", "description", "body")


def config_templates() -> Iterator[str]:
    """One line per tenant and template, in PostgreSQL's COPY text format."""
    owned = itertools.product(range(1, len(TENANTS) + 1), TEMPLATES.items())
    for number, (tenant, (name, body)) in enumerate(owned, 1):
        escaped = body.replace("\n", r"\n")
        yield f"{number}\t{tenant}\t{name}\tThe {name} of a device\t{escaped}\n"
