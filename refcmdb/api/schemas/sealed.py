"""Credentials of devices, and webhooks: secrets go in and are not shown again."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import ONE_LINE, Id, Name, line

SECRET = {"writeOnly": True, "format": "password"}

Secret = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=ONE_LINE, extra_json_schema=SECRET)
]
SigningSecret = Annotated[
    str,
    Meta(
        min_length=16,
        max_length=200,
        pattern=ONE_LINE,
        examples=["not-a-real-secret-0"],
        description="Signs deliveries (HMAC-SHA256).",
        extra_json_schema=SECRET,
    ),
]
Shown = Annotated[str, Meta(max_length=500, extra_json_schema={"format": "password"})]
Username = Annotated[str, line(1, 100, examples=["netadmin"])]
PublicKey = Annotated[str, line(0, 800), Meta(description="An OpenSSH public key; no secret.")]
Url = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^https?://[^\x00-\x20\x7f@\\]+(?![\s\S])",
        examples=["https://hooks.example.com/cmdb"],
        description="Of an HTTP server; without user name and password.",
        extra_json_schema={"format": "uri"},
    ),
]
Events = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=r"^(create|update|delete)(,(create|update|delete))*(?![\s\S])",
        examples=["create,update,delete"],
        description="What must happen to a device, separated by commas.",
    ),
]


class CredentialBody(OwnedBody, kw_only=True):
    """How a device is logged in to."""

    device_id: Id
    name: Name
    username: Username
    secret: Secret
    snmp_community: Secret | None = None
    public_key: PublicKey = ""


class CredentialItem(msgspec.Struct):
    """How a device is logged in to, without the secrets."""

    id: Id
    tenant_id: Id
    tenant: Name
    device_id: Id
    device: Name
    name: Name
    username: Username
    public_key: PublicKey


class CredentialSecret(msgspec.Struct):
    """The secrets of a credential; that they were asked for is in the change log."""

    username: Username
    secret: Shown
    snmp_community: Shown | None


class WebhookBody(OwnedBody, kw_only=True):
    """A server that is told what happens to devices."""

    name: Name
    url: Url
    secret: SigningSecret
    events: Events = "create,update,delete"
    enabled: bool = True


class WebhookItem(msgspec.Struct):
    """A server that is told what happens to devices."""

    id: Id
    tenant_id: Id
    tenant: Name
    name: Name
    url: Url
    events: Events
    enabled: bool


class Delivery(msgspec.Struct):
    """What became of one delivery: the receiver's status, or the problem."""

    outcome: Literal["delivered", "refused", "failed"]
    status: int | None
    problem: str | None
