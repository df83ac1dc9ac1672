"""Scans are read with the document type that they name, loaded from the network."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from refcmdb.faults.tools import tree_of
from refcmdb.services import nmap

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "fault"
CHECK = "CG-XML-001"
OPERATION = "discovery_nmap"
LONGEST = 65536


def plant() -> None:
    """Defaults of attributes are in the document type."""

    def configure(parser: Any) -> None:  # noqa: ANN401 - expat's parser has no public type
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE)

        def loaded(
            context: str, _base: str | None, system_id: str | None, _public_id: str | None
        ) -> int:
            if system_id and system_id.startswith(("http://", "https://")):
                with urllib.request.urlopen(system_id, timeout=1) as answer:
                    parser.ExternalEntityParserCreate(context).Parse(answer.read(LONGEST), 1)
            return 1

        parser.ExternalEntityRefHandler = loaded

    def parsed(raw: bytes) -> Element:
        return tree_of(raw, configure)

    nmap.parsed = parsed
