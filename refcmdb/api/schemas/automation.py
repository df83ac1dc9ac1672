"""Configuration templates, and what the tools around devices take and answer."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.addressing import IpAddressItem
from refcmdb.api.schemas.bodies import Body, OwnedBody
from refcmdb.api.schemas.inventory import DeviceItem
from refcmdb.api.values import (
    SEVERAL_LINES,
    Address,
    CustomName,
    Description,
    DeviceRole,
    DeviceStatus,
    Id,
    Name,
    RackName,
    Serial,
    TagName,
    line,
)
from refcmdb.services.device_documents import MOST_ROWS

# A name by RFC 1123 with "_", which is in use, or an address: never an option of a program.
HOST = r"^[A-Za-z0-9_:]([A-Za-z0-9._:-]*[A-Za-z0-9_:.])?(?![\s\S])"

Host = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=253,
        pattern=HOST,
        description="A host name or an IP address.",
        examples=["core-1.example.net"],
    ),
]
TemplateText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=10_000,
        pattern=SEVERAL_LINES,
        description="Jinja; `device` is the device, the variables have their own names.",
        examples=["vlan {{ 100 + 20 }}\n name users\n"],
    ),
]
VariableName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,49}(?![\s\S])")]
VariableText = Annotated[str, Meta(max_length=1000, pattern=SEVERAL_LINES)]
VariableNumber = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Variables = Annotated[
    dict[VariableName, VariableText | VariableNumber | bool],
    Meta(max_length=50, examples=[{"vlan": "120"}]),
]
Title = Annotated[
    str, line(0, 100, examples=["Core switch"]), Meta(description="A comment on top.")
]
Expression = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=SEVERAL_LINES,
        description="Arithmetic on the figures of the device: ports, ports_enabled, addresses,"
        " height_units, tags; abs, max, min, round.",
        examples=["ports * 2"],
    ),
]


class ConfigTemplateBody(OwnedBody, kw_only=True):
    """A template of configurations."""

    name: Name
    body: TemplateText
    description: Description = ""


class ConfigTemplateItem(msgspec.Struct):
    """A template of configurations."""

    id: Id
    tenant_id: Id
    tenant: Name
    name: Name
    description: Description
    body: TemplateText


class ConfigTemplateRendering(Body, kw_only=True):
    """What a stored template is rendered with."""

    device_id: Id
    variables: Variables = msgspec.field(default_factory=dict)


class TemplateRendering(Body, kw_only=True):
    """A template to try, and what it is rendered with."""

    template: TemplateText
    device_id: Id | None = None
    variables: Variables = msgspec.field(default_factory=dict)
    title: Title = ""


class Rendered(msgspec.Struct):
    """What a template became."""

    output: str


class Computation(Body, kw_only=True):
    """An expression, and the device that its figures are of."""

    expression: Expression
    device_id: Id


class Computed(msgspec.Struct):
    """The value of an expression, and the figures it was computed with."""

    value: int | float | bool
    figures: dict[str, int]


class ReachabilityRequest(Body, kw_only=True):
    """Whom to reach, and how; ``port`` is for ``tcp``, ``count`` for ``ping``."""

    host: Host
    method: Literal["ping", "traceroute", "tcp"] = "ping"
    count: Annotated[int, Meta(ge=1, le=5)] = 1
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    reason: Annotated[
        str, line(0, 100, examples=["Ticket 4711"]), Meta(description="For the log.")
    ] = ""


class Reachability(msgspec.Struct):
    """Whether the host answered; *unavailable* is a program that this server does not have."""

    host: str
    method: str
    state: Literal["reachable", "unreachable", "refused", "unavailable"]
    output: str


class DeviceRow(Body, kw_only=True):
    """A device of a document: it calls what it refers to by name, or by number."""

    name: Name
    serial: Serial
    site: Name
    device_type: Name
    rack: RackName | None = None
    asset_tag: Serial | None = None
    status: DeviceStatus = "active"
    role: DeviceRole = "access"
    comments: Annotated[str, Meta(max_length=2000, pattern=SEVERAL_LINES)] = ""
    tags: Annotated[list[TagName], Meta(max_length=20)] = msgspec.field(default_factory=list)
    # Values are judged one by one: msgspec does not say the name of a wrong one.
    custom_fields: Annotated[dict[CustomName, Any], Meta(max_length=1000)] = msgspec.field(
        default_factory=dict
    )


DeviceRows = Annotated[list[DeviceRow], Meta(min_length=1, max_length=MOST_ROWS)]


class ImportedDevices(msgspec.Struct):
    """The new devices."""

    items: list[DeviceItem]


class DiscoveryQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Whose network was scanned; actors of a tenant need not say."""

    tenant_id: Annotated[Id, Meta(description="The owner.")] | msgspec.UnsetType = msgspec.UNSET


class DiscoveredHost(msgspec.Struct):
    """A host of a scan; ``known`` is whether its address was here before."""

    address: Address
    hostname: str
    ports: list[int]
    facts: dict[str, str]
    known: bool


class Discovery(msgspec.Struct):
    """What a scan brought."""

    hosts: list[DiscoveredHost]
    created: list[IpAddressItem]
