"""Harmless inputs with a token, in the form that a place expects: they show where input goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import TextProbe, fresh_token
from pytest_cmdbguard.probes.points import FILENAME
from pytest_cmdbguard.probes.schemas import branches, flattened, types_of

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Parameter

URL_LIKE = re.compile(r"ur[il]|link|callback|webhook|endpoint|feed|redirect|next", re.IGNORECASE)
HOST_LIKE = re.compile(r"host|fqdn|domain|server|address", re.IGNORECASE)
FILE_LIKE = re.compile(r"file|path|report|attachment|document|download|template", re.IGNORECASE)
_NO_TEXT = {"integer", "number", "boolean", "null"}
_CLOSED_FORMATS = {"uuid", "date", "date-time", "time", "ipv4", "ipv6", "int32", "int64"}


def takes_text(point: Parameter) -> bool:
    """Whether a place's schema admits a text of the client's choice."""
    kinds = {kind for branch in branches(point.schema) for kind in types_of(branch)}
    schema = flattened(point.schema)
    closed = "enum" in schema or "const" in schema or schema.get("format") in _CLOSED_FORMATS
    return not closed and not (kinds and kinds <= _NO_TEXT)


def benign(point: Parameter, *, base_url: str) -> TextProbe:
    """A harmless text for a place.

    Args:
        point: where it goes; its schema and name say which form is expected there.
        base_url: without a slash at its end; URLs begin with it.
    """
    token = fresh_token()
    schema = flattened(point.schema)
    text = _shaped(token, point.name.rpartition("/")[2], schema.get("format", ""), base_url)
    return TextProbe(text=text.ljust(schema.get("minLength", 0), "0"), tokens=(token,))


def _shaped(token: str, name: str, kind: str, base_url: str) -> str:
    if kind == "email" or "mail" in name.lower():
        return f"{token}@example.com"
    if kind in {"uri", "url", "uri-reference"} or URL_LIKE.search(name):
        return f"{base_url}/{token}"
    if kind in {"hostname", "idn-hostname"} or HOST_LIKE.search(name):
        return f"{token}.invalid"  # RFC 6761: no such name will ever be
    return f"{token}.txt" if name.endswith(FILENAME) else token
