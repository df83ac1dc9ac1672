"""The secrets of credentials, for those who may log in to devices; every look is recorded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from refcmdb.api import reading, schemas
from refcmdb.api.endpoints import ResourceEndpoints, json_response
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_id
from refcmdb.auth.roles import WRITERS
from refcmdb.middleware.compression import SECRET
from refcmdb.services import encryption

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

log = logging.getLogger(__name__)

REVEALED = ("tenant_id", "username", "secret", "snmp_community")


async def reveal(backend: Backend, request: Request) -> Response:
    """What the envelopes hold."""
    writer = await ResourceEndpoints(backend, RESOURCES["credentials"]).writer(request)
    number = read_id(request) or 0
    owner, username, secret, community = await reading.read_columns(
        backend, writer.resource, writer.actor, number, REVEALED
    )
    shown = schemas.CredentialSecret(
        username=username,
        secret=opened(backend, "secret", secret, owner),
        snmp_community=community and opened(backend, "snmp_community", community, owner),
    )
    await writer.note(number, "reveal")
    log.info("the secret of credential %d was shown to user %d", number, writer.actor.id)
    return json_response(shown, headers=SECRET)


def opened(backend: Backend, column: str, envelope: bytes, owner: int) -> str:
    """The secret in a column of a credential. Raises: Problem 503 without the right key."""
    place = encryption.place("credentials", column, owner)
    try:
        return backend.settings.keys.open(envelope, place=place)
    except encryption.KeyProblem as error:
        log.warning("a secret cannot be opened: %s", error)
        raise Problem(503, "the secret cannot be opened: its key is not configured") from error


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
