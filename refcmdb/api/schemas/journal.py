"""The change log, and the journal of devices."""

# No postponed annotations here: msgspec reads them at run time.

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import Action, Id, JournalKind, JournalText, Name

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


class JournalEntryBody(OwnedBody, kw_only=True):
    """What somebody says of a device."""

    device_id: Id
    comments: JournalText
    kind: JournalKind = "info"


class JournalEntryItem(msgspec.Struct):
    """What somebody said of a device, and when."""

    id: Id
    tenant_id: Id
    tenant: Name
    device_id: Id
    device: Name
    user_id: Id
    user: Name
    kind: JournalKind
    comments: JournalText
    created_at: dt.datetime
