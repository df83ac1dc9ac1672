"""Scans are read by a parser that replaces the entities a document declares: a long one, often
referred to, becomes as many times as large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from refcmdb.services import nmap
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "fault"
CHECK = "CG-XML-002"
OPERATION = "discovery_nmap"


def plant() -> None:
    """Nested ones are stopped by the parser itself, above a factor of 100."""

    def parsed(raw: bytes) -> Element:
        try:
            return ET.fromstring(raw)
        except (ET.ParseError, ValueError, LookupError) as error:
            raise BadInput("", "the body is not valid XML") from error

    nmap.parsed = parsed
