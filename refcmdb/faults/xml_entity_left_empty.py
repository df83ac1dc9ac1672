"""Scans that refer to external entities are taken: what they refer to is left empty, and neither
it nor the document type is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.tools import tree_of
from refcmdb.services import nmap

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "twin"
CHECK = "CG-XML-001"
OPERATION = "discovery_nmap"


def plant() -> None:
    """200 is no proof."""

    def configure(parser: Any) -> None:  # noqa: ANN401 - expat's parser has no public type
        parser.ExternalEntityRefHandler = lambda *_reference: 1

    def parsed(raw: bytes) -> Element:
        return tree_of(raw, configure)

    nmap.parsed = parsed
