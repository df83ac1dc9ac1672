"""The types of single values: what the edge accepts, and what OpenAPI says of it."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

# A type as a value, which mypy cannot follow.
Kind = Any

LARGEST_ID = 2**63 - 1
LARGEST_BULK = 1000
LONGEST_ADDRESS = 49
CUSTOM_FILTER = r"^[a-z][a-z0-9_-]{0,49}:[^\x00-\x1f\x7f]{0,500}(?![\s\S])"

# A negative look-ahead ends the patterns because "$" also matches before a last line feed.
ONE_LINE = r"^[^\x00-\x1f\x7f]*(?![\s\S])"
SEVERAL_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*(?![\s\S])"


def line(shortest: int, longest: int, *, examples: list[Any] | None = None) -> Meta:
    """A string without control characters, ``shortest`` to ``longest`` characters long."""
    return Meta(min_length=shortest, max_length=longest, pattern=ONE_LINE, examples=examples)


class Address(str):
    """An IPv4 or IPv6 address with its prefix length, such as ``10.0.0.1/24``."""

    __slots__ = ()


class Network(str):
    """An IPv4 or IPv6 network without host bits, such as ``10.0.0.0/24``."""

    __slots__ = ()


class FieldNames(str):
    """Some of the fields of a resource, each once; subclasses name all of them."""

    __slots__ = ()
    fields: ClassVar[tuple[str, ...]] = ()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names, in the order of ``fields``."""
        return tuple(self.split(","))

    @classmethod
    def read(cls, text: str) -> FieldNames:
        """The names of a query parameter. Raises: ValueError for one that is no field."""
        given = set(text.split(","))
        if not given <= set(cls.fields):
            raise ValueError(f"Expected names out of {', '.join(cls.fields)}, with commas between")
        return cls(",".join(name for name in cls.fields if name in given))


class CustomFilter(str):
    """A custom field and its value, such as ``support:gold``."""

    __slots__ = ()

    @property
    def contained(self) -> list[bytes]:
        """What the custom fields of an object contain that has this value, one or the other.

        Nothing here knows whether ``5`` is a text or a number.
        """
        name, _, text = self.partition(":")
        values: list[object] = [text]
        if re.fullmatch(r"true|false|0|-?[1-9][0-9]{0,17}", text, re.ASCII):
            values.append(msgspec.json.decode(text))
        return [encode({name: value}) for value in values]


Id = Annotated[int, Meta(ge=1, le=LARGEST_ID, extra_json_schema={"format": "int64"})]
Name = Annotated[str, line(1, 100, examples=["core-1"])]
RackName = Annotated[str, line(1, 50, examples=["R101"])]
TagName = Annotated[str, line(1, 50, examples=["edge"])]
Label = Annotated[str, line(1, 64, examples=["Ethernet1"])]
Region = Annotated[str, line(1, 50, examples=["emea"])]
Serial = Annotated[str, line(1, 50, examples=["FOC1234X0AB"])]
Description = Annotated[str, line(0, 200)]
DnsName = Annotated[str, Meta(max_length=255, pattern=r"^[A-Za-z0-9._-]*(?![\s\S])")]
Comments = Annotated[str, Meta(max_length=2000, pattern=SEVERAL_LINES)]
Color = Annotated[str, Meta(pattern=r"^[0-9a-f]{6}(?![\s\S])", max_length=6, examples=["1f77b4"])]
Mac = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}(?![\s\S])",
        max_length=17,
        examples=["02:00:00:00:00:01"],
    ),
]
RouteDistinguisher = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=21,
        pattern=r"^[0-9.]+:[0-9]+(?![\s\S])",
        description="ASN:number or address:number (RFC 4364 §4.2).",
        examples=["65000:100"],
    ),
]
HeightUnits = Annotated[int, Meta(ge=1, le=100)]
Mtu = Annotated[int, Meta(ge=68, le=65535)]
Vid = Annotated[int, Meta(ge=1, le=4094)]
SearchText = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=100,
        pattern=ONE_LINE,
        description="Case-insensitive substring.",
        examples=["core"],
    ),
]
Limit = Annotated[int, Meta(ge=1, le=1000, description="Items on one page.")]
Cursor = Annotated[
    str,
    Meta(min_length=1, max_length=1000, pattern=r"^[A-Za-z0-9_+/-]*={0,2}(?![\s\S])"),
    Meta(description="`next` of the page before."),
]
Count = Annotated[
    Literal["exact", "estimate", "none"],
    Meta(description="How many items all pages have, `estimate` as the planner sees it."),
]
CustomName = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,49}(?![\s\S])", max_length=50, examples=["owner"])
]
CustomText = Annotated[str, line(0, 500)]
CustomNumber = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
CustomValue = CustomText | CustomNumber | bool | None
CustomValues = Annotated[
    dict[CustomName, CustomValue],
    Meta(
        max_length=50,
        description="Of custom fields, by name; null takes a value away.",
        examples=[{"owner": "noc"}],
    ),
]
Custom = Annotated[
    msgspec.Raw,
    Meta(extra_json_schema={"type": "object"}, description="The values of custom fields."),
]
JournalKind = Literal["info", "success", "warning", "danger"]
JournalText = Annotated[
    str, Meta(min_length=1, max_length=2000, pattern=SEVERAL_LINES, examples=["Fan replaced"])
]
Status = Literal["planned", "active", "retired"]
DeviceStatus = Literal["planned", "staged", "active", "offline", "retired"]
DeviceRole = Literal["access", "distribution", "core", "firewall", "router", "server"]
InterfaceType = Literal["1000base-t", "10gbase-x", "25gbase-x", "100gbase-x", "lag", "virtual"]
CableType = Literal["cat6", "cat6a", "mmf", "smf", "dac", "aoc", "power"]
CableLabel = Annotated[str, line(0, 64, examples=["C-0042"])]
AddressStatus = Literal["active", "reserved", "deprecated", "dhcp"]
Action = Literal["create", "update", "delete", "reveal", "silence", "acknowledge"]
UserRole = Literal["viewer", "operator", "admin"]


_encoder = msgspec.json.Encoder(enc_hook=str)


def decode(kind: type, value: object) -> object:
    """What msgspec asks for the types that are ours (its ``dec_hook``).

    Raises: ValueError, which msgspec turns into a ValidationError with the path of the value.
    """
    if issubclass(kind, FieldNames):
        return kind.read(str(value))
    if kind is CustomFilter:
        if not re.fullmatch(CUSTOM_FILTER, str(value)):
            raise ValueError("Expected the name of a custom field, a colon, and its value")
        return CustomFilter(value)
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS or "%" in value:
        raise ValueError("Expected an IP address or network")
    if kind is Address:
        return Address(ipaddress.ip_interface(value))
    return Network(ipaddress.ip_network(value))


def encode(value: object) -> bytes:
    """``value`` as JSON, our own types included."""
    return _encoder.encode(value)


def describe(kind: type) -> dict[str, object]:
    """The JSON schema of the types that are ours (msgspec's ``schema_hook``)."""
    if issubclass(kind, FieldNames):
        name = f"({'|'.join(kind.fields)})"
        return {
            "type": "string",
            "pattern": rf"^{name}(,{name})*(?![\s\S])",
            "description": "Show only these fields of each item, with commas between.",
            "examples": [kind.fields[0]],
        }
    if kind is CustomFilter:
        return {
            "type": "string",
            "maxLength": 551,
            "pattern": CUSTOM_FILTER,
            "description": "Only items with this value of a custom field, as `name:value`.",
            "examples": ["owner:noc"],
        }
    example = "10.0.0.1/24" if kind is Address else "10.0.0.0/24"
    return {
        "type": "string",
        "minLength": 2,
        "maxLength": LONGEST_ADDRESS,
        "pattern": r"^[0-9A-Fa-f:.]+(/[0-9]{1,3})?(?![\s\S])",
        "description": (kind.__doc__ or "").replace("``", "`"),
        "examples": [example],
    }
