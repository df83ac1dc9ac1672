"""Contacts and what they are assigned to."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import Description, Id, Name, line

ContactKind = Literal["person", "team"]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^([^\x00-\x20\x7f@]+@[A-Za-z0-9.-]+)?(?![\s\S])",
        examples=["noc@example.com"],
    ),
]
Phone = Annotated[
    str,
    Meta(max_length=40, pattern=r"^[0-9+() ./-]*(?![\s\S])", examples=["+1 202 555 0100"]),
]
ContactRole = Annotated[
    str, line(1, 50, examples=["on-call"]), Meta(description="What the contact is there for.")
]
Priority = Literal["primary", "secondary", "tertiary", "inactive"]


class ContactBody(OwnedBody, kw_only=True):
    """A person or a team."""

    name: Name
    kind: ContactKind = "person"
    email: Email = ""
    phone: Phone = ""
    description: Description = ""


class ContactItem(msgspec.Struct):
    """A person or a team."""

    id: Id
    tenant_id: Id
    tenant: Name
    kind: ContactKind
    name: Name
    email: Email
    phone: Phone
    description: Description


class ContactAssignmentBody(OwnedBody, kw_only=True):
    """What a contact is responsible for: one object, which is named by one of the keys."""

    contact_id: Id
    role: ContactRole
    priority: Priority = "primary"
    site_id: Id | None = None
    rack_id: Id | None = None
    device_id: Id | None = None
    prefix_id: Id | None = None
    vlan_id: Id | None = None


class ContactAssignmentItem(msgspec.Struct):
    """What a contact is responsible for."""

    id: Id
    tenant_id: Id
    tenant: Name
    contact_id: Id
    contact: Name
    role: ContactRole
    priority: Priority
    site_id: Id | None
    rack_id: Id | None
    device_id: Id | None
    prefix_id: Id | None
    vlan_id: Id | None
