"""The change log."""

# No postponed annotations here: msgspec reads them at run time.

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from refcmdb.api.values import Action, Id, Name

Snapshot = Annotated[
    msgspec.Raw, Meta(extra_json_schema={"type": ["object", "null"]}, description="The object.")
]


class ChangeItem(msgspec.Struct):
    """One change of one object, with the object as it was before and after."""

    id: Id
    tenant_id: Id | None
    tenant: Name | None
    object_type: Annotated[str, Meta(max_length=30)]
    object_id: Id
    action: Action
    user_id: Id
    user: Name
    request_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?![\s\S])", max_length=32)]
    time: dt.datetime
    before: Snapshot
    after: Snapshot
