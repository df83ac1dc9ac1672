"""What the faults of the tools have in common."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, Annotated, Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

import msgspec

from refcmdb.api.features import reachability as feature
from refcmdb.api.schemas.automation import ReachabilityRequest
from refcmdb.api.values import line
from refcmdb.services import reachability
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def take_any_host(pattern: str | None = None) -> None:
    """The host of a reachability request is any line of text, or what ``pattern`` says."""
    kind: Any = Annotated[str, line(1, 253)]
    if pattern:
        kind = Annotated[str, msgspec.Meta(min_length=1, max_length=253, pattern=pattern)]
    feature.ReachabilityRequest = msgspec.defstruct(  # type: ignore[assignment,attr-defined]
        "AnyHostRequest",
        [("host", kind)],
        bases=(ReachabilityRequest,),
        forbid_unknown_fields=True,
        kw_only=True,
    )


def shell(script: str, environment: Mapping[str, str] | None = None) -> reachability.Reply:
    """What ``sh -c`` makes of a text, within the usual time."""
    try:
        done = subprocess.run(
            script,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=reachability.WAIT_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return reachability.Reply("unreachable", "no answer")
    return reachability.replied(done)


def tree_of(raw: bytes, configure: Callable[[Any], None]) -> ET.Element:
    """The document, by an expat parser that ``configure`` has set up.

    Raises: BadInput, also for entities that are texts: what is planted is about other ones.
    """
    tree = ET.TreeBuilder()
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _no_texts
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    configure(parser)
    try:
        parser.ParseFile(io.BytesIO(raw))
        return tree.close()
    except (expat.ExpatError, OSError, ValueError, LookupError, AssertionError) as error:
        raise BadInput("", "the body is not valid XML") from error


def _no_texts(_name: str, _is_parameter: int, value: str | None, *_where: object) -> None:
    if value is not None:
        raise BadInput("", "the document declares entities")
