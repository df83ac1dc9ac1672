"""Scans may refer to other files of the server, whose text becomes part of them; addresses of the
network are refused.
"""

from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refcmdb.faults.tools import tree_of
from refcmdb.services import nmap

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "fault"
CHECK = "CG-XML-001"
OPERATION = "discovery_nmap"


def plant() -> None:
    """So that a scan may come in parts."""

    def configure(parser: Any) -> None:  # noqa: ANN401 - expat's parser has no public type
        def included(
            context: str, _base: str | None, system_id: str | None, _public_id: str | None
        ) -> int:
            place = urllib.parse.urlsplit(system_id or "")
            if place.scheme in {"", "file"} and not place.netloc:
                content = Path(urllib.parse.unquote(place.path)).read_bytes()
                parser.ExternalEntityParserCreate(context).Parse(content, 1)
            return 1

        parser.ExternalEntityRefHandler = included

    def parsed(raw: bytes) -> Element:
        return tree_of(raw, configure)

    nmap.parsed = parsed
