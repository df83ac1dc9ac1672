"""Custom fields and saved views."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import OwnedBody
from refcmdb.api.values import CustomName, CustomValue, Description, Id, Name, line

CustomType = Literal["text", "integer", "boolean", "date", "choice"]
Customised = Literal["devices", "racks", "sites", "prefixes"]
Choices = Annotated[list[Annotated[str, line(1, 100)]], Meta(max_length=100)]
AnyValue = Annotated[
    msgspec.Raw,
    Meta(extra_json_schema={"type": ["string", "integer", "boolean", "null"]}),
]
AnyChoices = Annotated[
    msgspec.Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "string"}})
]
# Within what JSON numbers are exact everywhere (RFC 8259 section 6).
Bound = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1, extra_json_schema={"format": "int64"})]

Listed = Literal[
    "tenants",
    "regions",
    "sites",
    "locations",
    "racks",
    "device-types",
    "devices",
    "interfaces",
    "cables",
    "vrfs",
    "prefixes",
    "ip-addresses",
    "vlans",
    "tags",
    "contacts",
    "contact-assignments",
    "attachments",
    "credentials",
    "webhooks",
    "journal-entries",
    "config-templates",
    "custom-fields",
    "saved-views",
    "changes",
]
ListQuery = Annotated[
    str,
    Meta(
        max_length=1000,
        pattern=r"^[A-Za-z0-9_=&%+.~:*,@/-]*(?![\s\S])",
        examples=["sort=-id&limit=25"],
        description="The query string of the list: filters, `q`, `sort`, `fields`, `limit`.",
        extra_json_schema={"format": "query-string"},
    ),
]


class CustomFieldBody(OwnedBody, kw_only=True):
    """A field that the objects of a resource have besides their own.

    `required` needs a `default`, which objects get that do not name the field. `choices` are
    those of a choice; `minimum` and `maximum` are of an integer, or of the length of a text.
    """

    resource: Customised
    name: CustomName
    type: CustomType
    required: bool = False
    default: CustomValue = None
    choices: Choices = msgspec.field(default_factory=list)
    minimum: Bound | None = None
    maximum: Bound | None = None
    description: Description = ""


class CustomFieldItem(msgspec.Struct):
    """A field that the objects of a resource have besides their own."""

    id: Id
    tenant_id: Id
    tenant: Name
    resource: Customised
    name: CustomName
    type: CustomType
    required: bool
    default: AnyValue
    choices: AnyChoices
    minimum: Bound | None
    maximum: Bound | None
    description: Description


class SavedViewBody(OwnedBody, kw_only=True):
    """A list to look at again; `shared` shows it to everybody of the tenant."""

    name: Name
    resource: Listed
    query: ListQuery = ""
    shared: bool = False
    description: Description = ""


class SavedViewItem(msgspec.Struct):
    """A list to look at again, and whose it is."""

    id: Id
    tenant_id: Id
    tenant: Name
    user_id: Id
    user: Name
    name: Name
    resource: Listed
    query: ListQuery
    shared: bool
    description: Description
