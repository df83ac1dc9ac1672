"""A secret that was shown once is kept in the cache, in clear text, for the next one who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import schemas
from refcmdb.api.endpoints import cached, who_asks
from refcmdb.api.features import credentials
from refcmdb.api.requests import read_id
from refcmdb.faults.planting import rehandle
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"


def plant() -> None:
    """Opening envelopes was thought to be slow."""

    async def reveal(backend: Backend, request: Request) -> Response:
        answer = await credentials.reveal(backend, request)  # whoever may not is stopped here
        actor = await who_asks(backend, request)

        async def compute() -> msgspec.Struct:
            return msgspec.json.decode(bytes(answer.body), type=schemas.CredentialSecret)

        tags = [keys.object_tag("credentials", read_id(request) or 0)]
        query = msgspec.defstruct("NoQuery", [])()
        return await cached(backend, request, actor=actor, tags=tags, query=query, compute=compute)

    rehandle("credentials_reveal", reveal)
