"""The secrets of credentials, for those who may log in to devices; every look is recorded."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import schemas
from refcmdb.api.endpoints import ResourceEndpoints, json_response
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem, missing
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_id
from refcmdb.auth.roles import WRITERS
from refcmdb.services import encryption
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

log = logging.getLogger(__name__)


async def reveal(backend: Backend, request: Request) -> Response:
    """What the envelopes hold."""
    writer = await ResourceEndpoints(backend, RESOURCES["credentials"]).writer(request)
    number = read_id(request) or 0
    scope = writer.actor.tenant_id
    values = {"id": number, "scope": scope}
    rows = await backend.database.fetch(_sealed(scoped=scope is not None), values)
    if not rows:
        raise missing("a credential")
    owner, username, secret, community = rows[0]
    shown = schemas.CredentialSecret(
        username=username,
        secret=opened(backend, "secret", secret, owner),
        snmp_community=community and opened(backend, "snmp_community", community, owner),
    )
    await writer.note(number, "reveal")
    log.info("the secret of credential %d was shown to user %d", number, writer.actor.id)
    return json_response(shown)


def opened(backend: Backend, column: str, envelope: bytes, owner: int) -> str:
    """The secret in a column of a credential. Raises: Problem 503 without the right key."""
    place = encryption.place("credentials", column, owner)
    try:
        return backend.settings.keys.open(envelope, place=place)
    except encryption.KeyProblem as error:
        log.warning("a secret cannot be opened: %s", error)
        raise Problem(503, "the secret cannot be opened: its key is not configured") from error


@functools.cache
def _sealed(*, scoped: bool) -> Statement:
    table = models.credentials
    select = sa.select(
        table.c.tenant_id, table.c.username, table.c.secret, table.c.snmp_community
    ).where(table.c.id == sa.bindparam("id", type_=sa.BigInteger))
    if scoped:
        owner = sa.bindparam("scope", type_=sa.BigInteger)
        select = select.where(table.c.tenant_id == owner)
    return compiled(select)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/credentials/{id}/secret",
        id="credentials_reveal",
        summary="The secrets of a credential, for operators and administrators; recorded",
        tag="credentials",
        handle=reveal,
        answer=schemas.CredentialSecret,
        roles=WRITERS,
        errors=(401, 403, 404, 422),
    ),
)
