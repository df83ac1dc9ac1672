"""Attachments."""

# No postponed annotations here: msgspec reads them at run time.

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import Body, OwnedBody
from refcmdb.api.schemas.sealed import Url
from refcmdb.api.values import Id, Name, line

FileName = Annotated[str, line(1, 150, examples=["rack-plan.txt"])]
MediaType = Annotated[str, line(3, 100, examples=["text/plain"])]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])", max_length=64)]
SizeBytes = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class AttachmentBody(OwnedBody, kw_only=True):
    """What the upload endpoints store; no request has this form."""

    device_id: int
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    stored: str


class AttachmentItem(msgspec.Struct):
    """A file that belongs to a device; its content is at ``/attachments/{id}/content``."""

    id: Id
    tenant_id: Id
    tenant: Name
    device_id: Id
    device: Name
    name: FileName
    media_type: MediaType
    size_bytes: SizeBytes
    sha256: Sha256
    created_at: dt.datetime


class AttachmentSource(Body, kw_only=True):
    """Where to fetch a file, and what to call it; by default as the URL does."""

    url: Url
    name: Annotated[str, line(0, 150)] = ""


class Attachments(msgspec.Struct):
    """What an archive became."""

    items: list[AttachmentItem]
