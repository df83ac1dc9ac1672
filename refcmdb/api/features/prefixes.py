"""``/prefixes/{id}``: what lies in it and around it, and the next address that nobody has."""

# No postponed annotations here: msgspec reads them at run time.

import functools
import ipaddress
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, INET
from starlette.requests import Request
from starlette.responses import Response

from refcmdb import models
from refcmdb.api import constraints, endpoints, reading, schemas
from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem, of_one
from refcmdb.api.reading import Backend
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_body, read_query, require_id
from refcmdb.api.schemas.bodies import Body
from refcmdb.api.values import Address, AddressStatus, DnsName, Id, Limit, Network
from refcmdb.api.writing import Change, Writer
from refcmdb.auth.actors import Actor
from refcmdb.services import prefix_tree
from refcmdb.services.database import Session, Statement, compiled

TURN = Statement("SELECT pg_advisory_xact_lock(hashtextextended('next address', $1))", ("tenant",))
prefixes, addresses = models.prefixes.c, models.ip_addresses.c


class TreeQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How much of the tree is shown."""

    limit: Limit = 100


class PrefixNode(msgspec.Struct):
    """A prefix in its tree.

    ``addresses`` are all those in it; ``utilisation`` is the share of it, from 0 to 1, that
    direct children and addresses outside of them take, null where not all children are shown.
    """

    id: Id
    prefix: Network
    depth: int
    children: int
    addresses: int
    utilisation: float | None


class PrefixPlace(msgspec.Struct):
    """A prefix that another one lies in."""

    id: Id
    prefix: Network


class PrefixTree(msgspec.Struct):
    """A prefix, what it lies in (the largest first), and what lies in it, itself first.

    ``truncated`` says that there are more than ``limit``.
    """

    parents: list[PrefixPlace]
    items: list[PrefixNode]
    truncated: bool


class NextAddress(Body, kw_only=True):
    """What the next free address of a prefix becomes."""

    interface_id: Id | None = None
    status: AddressStatus = "active"
    dns_name: DnsName = ""


async def tree(backend: Backend, request: Request) -> Response:
    """Read by index, and in three statements whatever the size of the tree."""
    actor = await endpoints.who_asks(backend, request)
    query, number = read_query(request, TreeQuery), require_id(request, "a prefix")

    async def compute() -> PrefixTree:
        return await tree_of(backend, actor, number, limit=query.limit)

    kinds = (RESOURCES["prefixes"], RESOURCES["ip_addresses"])
    tags = [tag for kind in kinds for tag in reading.tags_of_list(kind, actor)]
    return await endpoints.cached(
        backend, request, actor=actor, tags=tags, query=query, compute=compute
    )


async def tree_of(backend: Backend, actor: Actor, number: int, *, limit: int) -> PrefixTree:
    """The tree around a prefix. Raises: Problem 404."""
    root: Any = await reading.read_detail(backend, RESOURCES["prefixes"], actor, number)
    values: dict[str, object] = {
        "tenant": root.tenant_id,
        "vrf": root.vrf_id,
        "prefix": root.prefix,
        "above": prefix_tree.supernets(root.prefix),
        "limit": limit + 1,
    }
    in_vrf, own = root.vrf_id is not None, constraints.of(actor)
    values |= own.values
    async with backend.database.session() as session:
        above = await session.fetch(_above(own.held, in_vrf=in_vrf), values)
        below = [(*row,) for row in await session.fetch(_below(own.held, in_vrf=in_vrf), values)]
    cut = len(below) > limit
    nodes = prefix_tree.grown(below[:limit], cut=cut)
    return PrefixTree(
        parents=[PrefixPlace(number, Network(prefix)) for number, prefix in above],
        items=[_shown(node) for node in nodes],
        truncated=cut,
    )


async def take_next(backend: Backend, request: Request) -> Response:
    """A new IP address; two who ask at once get two."""
    writer = await ResourceEndpoints(backend, RESOURCES["ip_addresses"]).writer(request)
    wanted = await read_body(request, NextAddress)
    item: Any = await take(writer, require_id(request, "a prefix"), wanted)
    location = f"/api/v1/ip-addresses/{item.id}"
    return endpoints.item_response(item, status=201, headers={"Location": location})


async def take(writer: Writer, number: int, wanted: NextAddress) -> msgspec.Struct:
    """The new address in that prefix. Raises: Problem 404, 409 if it is full, 422."""
    backend, actor = writer.backend, writer.actor
    prefix: Any = await reading.read_detail(backend, RESOURCES["prefixes"], actor, number)
    async with writer.transaction() as session:
        # A prefix within this one has addresses of this one: they take turns by tenant.
        await session.fetch(TURN, {"tenant": prefix.tenant_id})
        address = await _first_free(session, prefix)
        body = schemas.IpAddressBody(
            address=address,
            tenant_id=prefix.tenant_id,
            vrf_id=prefix.vrf_id,
            **{name: getattr(wanted, name) for name in wanted.__struct_fields__},
        )
        with of_one():
            (item,) = await writer.created(session, [body])
    await writer.invalidate([Change(after=item)])
    return item


async def _first_free(session: Session, prefix: Any) -> Address:  # noqa: ANN401 - made at run time
    first, last = prefix_tree.usable(prefix.prefix)
    values = {
        "tenant": prefix.tenant_id,
        "vrf": prefix.vrf_id,
        "first": str(first),
        "last": str(last),
    }
    statement = _free(in_vrf=prefix.vrf_id is not None)
    ((free,),) = await session.fetch(statement, values)
    if free is None or ipaddress.ip_address(free) > last:  # type: ignore[operator] # one family
        raise Problem(409, "the prefix has no free address")
    return Address(f"{free}/{ipaddress.ip_network(prefix.prefix).prefixlen}")


def _shown(node: prefix_tree.Node) -> PrefixNode:
    return PrefixNode(
        id=node.id,
        prefix=Network(node.network),
        depth=node.depth,
        children=node.children,
        addresses=node.addresses,
        utilisation=node.utilisation,
    )


def _same_table(columns: Any, *, in_vrf: bool) -> sa.ColumnElement[bool]:  # noqa: ANN401 - of two tables
    """Rows of the tenant in the VRF, or in none, so that an index finds either."""
    owned: sa.ColumnElement[bool] = columns.tenant_id == sa.bindparam(
        "tenant", type_=sa.BigInteger
    )
    vrf = columns.vrf_id == sa.bindparam("vrf", type_=sa.BigInteger)
    return sa.and_(owned, vrf if in_vrf else columns.vrf_id.is_(None))


@functools.lru_cache(maxsize=256)
def _above(held: constraints.Held, *, in_vrf: bool) -> Statement:
    """Looked up one by one: ``>>`` would need an index of its own."""
    above = sa.bindparam("above", type_=ARRAY(CIDR))
    return compiled(
        sa.select(prefixes.id, sa.cast(prefixes.prefix, sa.Text))
        .where(_same_table(prefixes, in_vrf=in_vrf), prefixes.prefix == sa.any_(above))
        .where(*constraints.kept(models.prefixes, held))
        .order_by(prefixes.prefix)
    )


@functools.lru_cache(maxsize=256)
def _below(held: constraints.Held, *, in_vrf: bool) -> Statement:
    inside = prefixes.prefix.op("<<=")(sa.bindparam("prefix", type_=CIDR))
    first = sa.cast(sa.func.host(prefixes.prefix), INET)
    last = sa.cast(sa.func.host(sa.func.broadcast(prefixes.prefix)), INET)
    counted = (
        sa.select(sa.func.count(addresses.host.distinct()))
        .where(_same_table(addresses, in_vrf=in_vrf), addresses.host.between(first, last))
        .correlate(models.prefixes)
        .scalar_subquery()
    )
    return compiled(
        sa.select(prefixes.id, sa.cast(prefixes.prefix, sa.Text), counted)
        .where(_same_table(prefixes, in_vrf=in_vrf), inside)
        .where(*constraints.kept(models.prefixes, held))
        .order_by(prefixes.vrf_id, prefixes.prefix)
        .limit(sa.bindparam("limit", type_=sa.BigInteger))
    )


@functools.cache
def _free(*, in_vrf: bool) -> Statement:
    """The lowest address that nobody has: it reads on to the first gap, no further."""
    first, last = (sa.bindparam(name, type_=INET) for name in ("first", "last"))
    mine = _same_table(addresses, in_vrf=in_vrf)
    # The VRF is the same in all rows; naming it lets the order be that of the index.
    order = (addresses.vrf_id, addresses.host)
    following = sa.func.lead(addresses.host).over(order_by=order)
    used = (
        sa.select(*order, following.label("following"))
        .where(mine, addresses.host.between(first, last))
        .subquery("used")
    )
    # There is none after the last of all.
    after = sa.case((used.c.host < last, used.c.host.op("+")(sa.literal_column("1"))))
    gap = (
        sa.select(after)
        .where(sa.or_(used.c.following.is_(None), used.c.following > after))
        .order_by(used.c.vrf_id, used.c.host)
        .limit(sa.literal_column("1"))
        .scalar_subquery()
    )
    is_taken = sa.exists().where(mine, addresses.host == first)
    free = sa.case((is_taken, gap), else_=first)
    return compiled(sa.select(sa.func.host(free)))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/prefixes/{id}/tree",
        id="prefixes_tree",
        summary="What a prefix lies in, what lies in it, and how much is used",
        tag="prefixes",
        handle=tree,
        answer=PrefixTree,
        query=TreeQuery,
        errors=(401, 404, 422),
    ),
    Endpoint(
        method="POST",
        path="/prefixes/{id}/next-address",
        id="prefixes_next_address",
        summary="Take the lowest address of a prefix that nobody has",
        tag="prefixes",
        handle=take_next,
        status=201,
        answer=schemas.IpAddressItem,
        body=NextAddress,
        errors=(400, 401, 403, 404, 409, 413, 415, 422),
    ),
)
