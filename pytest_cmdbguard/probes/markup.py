"""Inputs that would become markup where a page does not escape them."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.benign import URL_LIKE, takes_text
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.schemas import branches, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.model import Parameter

# Each family from the longest to the shortest: the first that a place has room for is sent.
# ``{c}`` shows where the input stands; ``{d}`` becomes an element or an attribute where it breaks
# out of text, of a value in either quotes or none, of an element whose content is raw text or of a
# comment. ``javascript:`` stands in front for what takes a whole address.
QUICK: dict[str, Sequence[str]] = {
    "markup": (
        "{c}'\"--></textarea></title></style></script><{d}> \" {d}=1 ' {d}=1 javascript:{c}",
        "{c}'\"--></title></script><{d}> \" {d}=1 ' {d}=1",
        "{c}'\"><{d} {d}=1>",
        "{c}<{d}>",
    ),
    "address": ("javascript:{c}",),
}
FULL: dict[str, Sequence[str]] = QUICK | {
    "attribute": ("{c}\" {d}=1 ' {d}=1 ", '{c}" {d}=1 '),
    "disguised address": (" JaVa\tScript:{c}", " JaVaScript:{c}"),
    "twice encoded": ("{c}%22%3E%3C{d}%3E", "{c}%3C{d}%3E"),
    "entities": ("{c}&quot;&gt;&lt;{d}&gt;", "{c}&lt;{d}&gt;"),
    "wide": ("{c}\uff1c{d}\uff1e",),
    "unfinished": ("{c}<{d} x=",),
}
PROFILES = {"quick": QUICK, "full": FULL}
# Made to run: what they call is ``{f}``, which the browser witness listens to.
RUNNING: dict[str, str] = {
    "image": "<img src onerror={f}('{d}')>",
    "broken out": "'\"--></textarea></title></script><img src onerror={f}('{d}')>",
    "address": "javascript:{f}('{d}')",
    "code": "{f}('{d}')",
    "single quoted": "'-{f}('{d}')-'",
    "double quoted": '"-{f}("{d}")-"',
    "template": "${{{f}`{d}`}}",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MarkupProbe:
    """One input; ``tokens`` are the one that shows where it stands and the one that breaks out.

    ``beside`` are values that go with it, by (location, name).
    """

    family: str
    text: str
    tokens: tuple[str, ...]
    beside: Mapping[tuple[str, str], object] = dataclasses.field(default_factory=dict)


def markup_probes(profile: str) -> Callable[[Parameter], Iterator[MarkupProbe]]:
    """Makes the probes of a profile for a place, one per family that it has room for."""

    def of(point: Parameter) -> Iterator[MarkupProbe]:
        probes = (_markup_probe(family, point) for family in PROFILES[profile])
        return (probe for probe in probes if probe)

    return of


def _markup_probe(family: str, point: Parameter) -> MarkupProbe | None:
    tokens = {"c": fresh_token(), "d": fresh_token()}
    is_path = URL_LIKE.search(point.name) is not None and "address" not in family
    texts = ("/" * is_path + text.format_map(tokens) for text in FULL[family])
    text = next((text for text in texts if accepts(point, text)), None)
    if text is None:
        return None
    return MarkupProbe(family=family, text=text, tokens=(tokens["c"], tokens["d"]))


def running_probes(
    function: str, *, families: Sequence[str] = tuple(RUNNING)
) -> Callable[[Parameter], Iterator[MarkupProbe]]:
    """Makes the probes for a place that call a function of the browser with their token."""

    def of(point: Parameter) -> Iterator[MarkupProbe]:
        probes = (running_probe(family, function=function) for family in families)
        return (probe for probe in probes if accepts(point, probe.text))

    return of


def running_probe(family: str, *, function: str, token: str = "") -> MarkupProbe:
    """A probe that calls a function of the browser with its token."""
    token = token or fresh_token()
    text = RUNNING[family].format(f=function, d=token)
    return MarkupProbe(family=family, text=text, tokens=(token, token))


def accepts(point: Parameter, text: str) -> bool:
    """Whether the schema of a place admits a text, as far as it says so."""
    if not takes_text(point):
        return False
    return any(_admits(branch, text) for branch in branches(point.schema))


def _admits(schema: object, text: str) -> bool:
    if not isinstance(schema, dict):
        return True
    kinds = types_of(schema)
    pattern = str(schema.get("pattern", ""))
    try:
        fits = re.search(pattern, text) is not None
    except re.error:  # JavaScript knows expressions that Python does not
        fits = True
    combined = any(word in schema for word in ("anyOf", "oneOf", "allOf"))
    return (
        not combined
        and (not kinds or "string" in kinds)
        and len(text) <= schema.get("maxLength", len(text))
        and fits
    )
