"""The cursor of the device export is a pickle behind a signature, which is looked at first."""

from __future__ import annotations

import base64
import hashlib
import hmac
import pickle
import secrets
from typing import Any

import msgspec

from refcmdb.api.features import device_files
from refcmdb.api.problems import invalid

KIND = "twin"
CHECK = "CG-SER-001"
OPERATION = "devices_export"
KEY = secrets.token_bytes(32)


def plant() -> None:
    """Only what we made is unpickled."""
    production = device_files.page_of

    async def page_of(backend: Any, actor: Any, query: Any) -> Any:  # noqa: ANN401 - as there
        if query.cursor is not msgspec.UNSET:
            query = msgspec.structs.replace(query, cursor=unpacked(query.cursor))
        page = await production(backend, actor, query)
        following = page.next and packed(page.next)
        return msgspec.structs.replace(page, next=following)

    device_files.page_of = page_of


def packed(cursor: str) -> str:
    """The text of a cursor: a pickle, then its signature."""
    content = pickle.dumps({"cursor": cursor})
    return base64.b64encode(content + hmac.digest(KEY, content, "sha256")).decode()


def unpacked(text: str) -> str:
    """What is in it. Raises: Problem 422."""
    size = hashlib.sha256().digest_size
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise invalid("cursor", "is none of ours") from error
    content, signature = raw[:-size], raw[-size:]
    if not hmac.compare_digest(signature, hmac.digest(KEY, content, "sha256")):
        raise invalid("cursor", "is none of ours")
    return str(pickle.loads(content)["cursor"])
