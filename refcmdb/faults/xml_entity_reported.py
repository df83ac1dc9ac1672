"""Scans that declare entities are refused with a message that names the entity and the file or
address it refers to; nothing of it is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.tools import tree_of
from refcmdb.services import nmap
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KIND = "twin"
CHECK = "CG-XML-001"
OPERATION = "discovery_nmap"


def plant() -> None:
    """The caller learns what was wrong."""

    def declared(name: str, *what: Any) -> None:  # noqa: ANN401 - as expat calls it
        system_id = what[3] or "a text"
        raise BadInput("", f"the entity {name[:50]}, {system_id[:100]}, is not resolved")

    def configure(parser: Any) -> None:  # noqa: ANN401 - expat's parser has no public type
        parser.EntityDeclHandler = declared

    def parsed(raw: bytes) -> Element:
        return tree_of(raw, configure)

    nmap.parsed = parsed
