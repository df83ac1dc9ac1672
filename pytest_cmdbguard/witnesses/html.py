"""The HTML witness: where a token stands in a page, as a browser's parser sees it.

Lexbor parses by the HTML standard, so that what is an element here is one in a browser. A token
that became the name of an element or an attribute has left its place; whether a token inside of
a script left its string is for the browser to show.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from pytest_cmdbguard.model import Sighting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from selectolax.lexbor import LexborNode

    from pytest_cmdbguard.model import Exchange

BROKEN_OUT = frozenset({"element", "attribute name", "script address"})
SCRIPTABLE = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml"})
# What browsers take for HTML where no type is given (WHATWG MIME sniffing, 7.1), roughly.
SNIFFED = re.compile(rb"\s*<(?:!doctype html|!--|[a-z][a-z0-9]*[\s>])", re.IGNORECASE)
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "xlink:href"})
# What the URL standard takes out of an address before it looks at the scheme.
UNSEEN = re.compile(r"^[\x00-\x20]+|[\t\r\n]")
SHOWN = 80


def is_page(answer: Exchange) -> bool:
    """Whether a browser would show an answer as a page in which scripts can run."""
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media:
        return media in SCRIPTABLE
    guesses = "nosniff" not in answer.headers.get("x-content-type-options", "").lower()
    return guesses and SNIFFED.match(answer.body) is not None


def has_scripts(page: bytes) -> bool:
    """Whether a page brings any script along: elements, handlers or script addresses."""
    return any(
        node.tag == "script"
        or any(name.startswith("on") for name in node.attributes)
        or any(_runs(name, value) for name, value in node.attributes.items())
        for node in _nodes(LexborHTMLParser(page))
    )


def scripts_of(page: bytes) -> str:
    """The text of all inline scripts of a page."""
    nodes = LexborHTMLParser(page).css("script")
    return "\n".join(node.text() for node in nodes)


def hidden_fields(page: bytes) -> dict[str, str]:
    """What a page's forms would send without anybody typing it, by name."""
    fields = LexborHTMLParser(page).css('input[type="hidden"][name]')
    return {str(f.attributes["name"]): f.attributes.get("value") or "" for f in fields}


def sightings(page: bytes, tokens: Collection[str]) -> Iterator[Sighting]:
    """Every place where one of the tokens stands in a page.

    Positions: ``text``, ``script``, ``comment``, ``attribute`` and ``handler`` (their values), and
    what only markup of the input can make: ``element``, ``attribute name``, ``script address``.
    """
    lower = page.lower()
    sought = [token for token in tokens if token.encode() in lower]
    if not sought:
        return
    for node in _nodes(LexborHTMLParser(page)):
        for position, text in _texts(node):
            for token in sought:
                if token in text.lower():
                    yield _sighting(token, position, text, node)


def _nodes(parser: LexborHTMLParser) -> Iterator[LexborNode]:
    """All nodes but those that a browser with scripts does not read (``noscript``)."""
    if parser.root is None:
        return
    for node in parser.root.traverse(include_text=True):
        if not any(ancestor.tag == "noscript" for ancestor in _ancestors(node)):
            yield node


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _texts(node: LexborNode) -> Iterator[tuple[str, str]]:
    """What can hold a token in a node, with the position that it would be in."""
    if node.tag == "-text":
        in_script = node.parent is not None and node.parent.tag == "script"
        yield "script" if in_script else "text", node.text_content or ""
    elif node.is_comment_node:
        yield "comment", node.comment_content or ""
    else:
        yield "element", node.tag or ""
        attributes: Mapping[str, str | None] = node.attributes
        for name, value in attributes.items():
            yield "attribute name", name
            yield _position(name, value), value or ""
        if "srcdoc" in attributes:
            for inner in _nodes(LexborHTMLParser(attributes["srcdoc"] or "")):
                yield from _texts(inner)


def _position(name: str, value: str | None) -> str:
    if _runs(name, value):
        return "script address"
    return "handler" if name.startswith("on") else "attribute"


def _runs(name: str, value: str | None) -> bool:
    """Whether an attribute is an address that runs as a script when followed."""
    return name in ADDRESSES and UNSEEN.sub("", value or "").lower().startswith("javascript:")


def _sighting(token: str, position: str, text: str, node: LexborNode) -> Sighting:
    start = text.lower().index(token)
    shown = text if position not in BROKEN_OUT else (node.html or text)
    return Sighting(
        witness="html",
        token=token,
        position=position,
        text=shown[: 2 * SHOWN],
        span=(start, start + len(token)),
    )
