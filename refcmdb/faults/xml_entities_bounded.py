"""Scans may declare entities: all that they become together may have 10,000 characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.faults.xml_nested_entities import DECLARED, DOCTYPE
from refcmdb.services import nmap
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "twin"
CHECK = "CG-XML-002"
OPERATION = "discovery_nmap"
MOST_CHARACTERS = 10_000
DEEPEST = 10


def plant() -> None:
    """Replaced, and counted."""
    production = nmap.parsed

    def parsed(raw: bytes) -> Element:
        text = raw.decode("utf-8", "replace")
        if "<!ENTITY" not in text:
            return production(raw)
        return production(replaced(text).encode())

    nmap.parsed = parsed


def replaced(text: str) -> str:
    """The document without its entities. Raises: BadInput for one that grows too much."""
    entities = {name: a or b for name, a, b in DECLARED.findall(text)}
    text, left = DOCTYPE.sub("", text), MOST_CHARACTERS
    pattern = re.compile("|".join(f"&{re.escape(name)};" for name in entities) or r"(?!)")
    for _ in range(DEEPEST):
        left -= sum(len(entities[name[1:-1]]) for name in pattern.findall(text))
        if left < 0:
            raise BadInput("", "the entities of the document become too long")
        text = pattern.sub(lambda found: entities[found[0][1:-1]], text)
    return text
