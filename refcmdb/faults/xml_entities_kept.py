"""Scans may declare entities and refer to them: a reference stays the name that it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.faults.xml_nested_entities import DOCTYPE
from refcmdb.services import nmap

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "twin"
CHECK = "CG-XML-002"
OPERATION = "discovery_nmap"
REFERENCE = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);)(?=[\w.-]+;)")


def plant() -> None:
    """Nothing grows."""
    production = nmap.parsed

    def parsed(raw: bytes) -> Element:
        text = DOCTYPE.sub("", raw.decode("utf-8", "replace"))
        return production(REFERENCE.sub("&amp;", text).encode())

    nmap.parsed = parsed
