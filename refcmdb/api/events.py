"""Which webhooks are told of a write, and what they are told."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from refcmdb import models
from refcmdb.api.values import encode
from refcmdb.services import encryption
from refcmdb.services.database import Statement, compiled
from refcmdb.services.delivery import Parcel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from refcmdb.api.reading import Backend

log = logging.getLogger(__name__)

TOLD_OF = "devices"
# More webhooks of one tenant are not told of one write.
MOST_WEBHOOKS = 20


class Event(msgspec.Struct):
    """The body of a delivery: objects as they are, or as they last were."""

    event: str
    object_type: str
    request_id: str
    items: list[Any]


async def announce(backend: Backend, event: Event) -> None:
    """Let the webhooks of the items' owners know soon; nothing of it is the caller's concern."""
    if event.object_type != TOLD_OF or backend.settings.egress.is_off or not event.items:
        return
    owners = sorted({item.tenant_id for item in event.items})
    try:
        rows = await backend.database.fetch(
            _subscribed(), {"owners": owners, "most": MOST_WEBHOOKS}
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.warning("no webhook is told of request %s: %s", event.request_id, error)
        return
    wanted = [row for row in rows if event.event in row[4].split(",")]
    backend.courier.announce(_packed(backend, event, wanted))


def _packed(backend: Backend, event: Event, rows: Sequence[Any]) -> Iterator[Parcel]:
    """What a webhook is told is of its own tenant alone."""
    for number, owner, url, envelope, _ in rows:
        own = [item for item in event.items if item.tenant_id == owner]
        body = encode(msgspec.structs.replace(event, items=own))
        row = (number, owner, url, envelope)
        if own and (parcel := parcel_for(backend, row, event=event.event, body=body)):
            yield parcel


def parcel_for(backend: Backend, row: Sequence[Any], *, event: str, body: bytes) -> Parcel | None:
    """What is sent to a webhook; None where its secret cannot be opened.

    ``row`` is its number, owner, URL and sealed secret.
    """
    number, owner, url, envelope = row
    place = encryption.place("webhooks", "secret", owner)
    try:
        secret = backend.settings.keys.open(envelope, place=place)
    except encryption.KeyProblem as error:
        log.warning("webhook %d cannot be served: %s", number, error)
        return None
    return Parcel(webhook_id=number, url=url, secret=secret, event=event, body=body)


@functools.cache
def _subscribed() -> Statement:
    table = models.webhooks
    owners = sa.bindparam("owners", type_=ARRAY(sa.BigInteger))
    return compiled(
        sa.select(table.c.id, table.c.tenant_id, table.c.url, table.c.secret, table.c.events)
        .where(table.c.tenant_id == sa.any_(owners), table.c.enabled)
        .order_by(table.c.id)
        .limit(sa.bindparam("most", type_=sa.BigInteger))
    )
