"""``/discovery/nmap``: the addresses that a scan found become IP addresses of the tenant."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from msgspec import UNSET
from sqlalchemy.dialects.postgresql import ARRAY

from refcmdb import models
from refcmdb.api import endpoints
from refcmdb.api.features.around import bad_input_told
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import invalid
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_content, read_query
from refcmdb.api.schemas import IpAddressBody
from refcmdb.api.schemas.automation import DiscoveredHost, Discovery, DiscoveryQuery
from refcmdb.api.values import Address
from refcmdb.api.writing import Writer
from refcmdb.services import nmap
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

XML = ("application/xml", "text/xml")
EXAMPLE = """<?xml version="1.0"?>
<nmaprun scanner="nmap">
  <host>
    <status state="up"/>
    <address addr="10.255.0.1" addrtype="ipv4"/>
    <hostnames><hostname name="core-1.example.net" type="PTR"/></hostnames>
    <ports><port protocol="tcp" portid="22"><state state="open"/></port></ports>
    <hostscript><script id="snmp-info"><elem key="sysDescr">A switch</elem></script></hostscript>
  </host>
</nmaprun>
"""


async def take_scan(backend: Backend, request: Request) -> Response:
    """All of the scan or nothing."""
    actor = await endpoints.who_asks(backend, request)
    writer = Writer(
        backend=backend,
        resource=RESOURCES["ip_addresses"],
        actor=actor,
        request_id=request.scope["request_id"],
    )
    writer.require_permission()
    owner = read_query(request, DiscoveryQuery).tenant_id
    if actor.tenant_id is None and owner is UNSET:
        raise invalid("tenant_id", "is required from an actor without a tenant")
    _, raw = await read_content(request, XML)
    with bad_input_told(request):
        hosts = nmap.hosts_of(raw)
    known = await _known(backend, actor.tenant_id or owner, hosts)
    bodies = [
        IpAddressBody(address=Address(host.address), dns_name=host.hostname, tenant_id=owner)
        for host in hosts
        if host.address not in known
    ]
    created: Any = await writer.create(bodies) if bodies else []
    discovered = [_described(host, known=host.address in known) for host in hosts]
    return endpoints.json_response(Discovery(hosts=discovered, created=created))


def _described(host: nmap.FoundHost, *, known: bool) -> DiscoveredHost:
    return DiscoveredHost(
        address=Address(host.address),
        hostname=host.hostname,
        ports=list(host.ports),
        facts=host.facts,
        known=known,
    )


async def _known(backend: Backend, owner: object, hosts: Sequence[nmap.FoundHost]) -> set[str]:
    values = {"owner": owner, "addresses": [host.address for host in hosts]}
    return {text for (text,) in await backend.database.fetch(_known_addresses(), values)}


@functools.cache
def _known_addresses() -> Statement:
    columns = models.ip_addresses.c
    addresses = sa.bindparam("addresses", type_=ARRAY(columns.address.type))
    return compiled(
        sa.select(sa.cast(columns.address, sa.Text))
        .where(columns.tenant_id == sa.bindparam("owner", type_=sa.BigInteger))
        .where(columns.vrf_id.is_(None), columns.address == sa.any_(addresses))
    )


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/discovery/nmap",
        id="discovery_nmap",
        summary="Take the hosts of an Nmap scan (nmap -oX) as IP addresses",
        tag="discovery",
        handle=take_scan,
        answer=Discovery,
        query=DiscoveryQuery,
        consumes={media: {"type": "string", "examples": [EXAMPLE]} for media in XML},
        errors=(401, 403, 409, 413, 415, 422),
    ),
)
