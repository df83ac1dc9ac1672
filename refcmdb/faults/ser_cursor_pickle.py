"""The cursor of the device export is a pickle."""

from __future__ import annotations

import base64
import pickle
from typing import Any

import msgspec

from refcmdb.api.features import device_files
from refcmdb.api.problems import invalid

KIND = "fault"
CHECK = "CG-SER-001"
OPERATION = "devices_export"


def plant() -> None:
    """It can hold anything."""
    production = device_files.page_of

    async def page_of(backend: Any, actor: Any, query: Any) -> Any:  # noqa: ANN401 - as there
        if query.cursor is not msgspec.UNSET:
            query = msgspec.structs.replace(query, cursor=unpacked(query.cursor))
        page = await production(backend, actor, query)
        following = page.next and packed(page.next)
        return msgspec.structs.replace(page, next=following)

    device_files.page_of = page_of


def packed(cursor: str) -> str:
    """The text of a cursor."""
    return base64.b64encode(pickle.dumps({"cursor": cursor})).decode()


def unpacked(text: str) -> str:
    """What is in it. Raises: Problem 422."""
    try:
        return str(pickle.loads(base64.b64decode(text))["cursor"])
    except Exception as error:
        raise invalid("cursor", "is none of ours") from error
