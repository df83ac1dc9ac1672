"""Scans have their entities replaced before the parser sees them, again and again, until there
is none left: a small document becomes as large as it likes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.services import nmap
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "fault"
CHECK = "CG-XML-002"
OPERATION = "discovery_nmap"
DECLARED = re.compile(r"""<!ENTITY\s+([\w.-]+)\s+(?:"([^"]*)"|'([^']*)')\s*>""")
DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[[^\]]*\])?\s*>")
LARGEST_BYTES = 65536
# The machine of whoever plants this shall survive it.
ENOUGH = 200_000_000


def plant() -> None:
    """The size is limited where it does not matter."""
    production = nmap.parsed

    def parsed(raw: bytes) -> Element:
        if len(raw) > LARGEST_BYTES:
            raise BadInput("", "the document is too large")
        return production(replaced(raw.decode("utf-8", "replace")).encode())

    nmap.parsed = parsed


def replaced(text: str) -> str:
    """The document without its entities."""
    entities = {name: a or b for name, a, b in DECLARED.findall(text)}
    text = DOCTYPE.sub("", text)
    pattern = re.compile("|".join(f"&{re.escape(name)};" for name in entities) or r"(?!)")
    while pattern.search(text) and len(text) < ENOUGH:
        text = pattern.sub(lambda found: entities[found[0][1:-1]], text)
    return text
