"""Does input become a template, or code?

Where a place takes templates by its own description, evaluating them is no violation: there only
what reaches beyond the template (Python's internals, a process) is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, Proof, Tried
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes import sink_payloads
from pytest_cmdbguard.probes.benign import takes_text
from pytest_cmdbguard.witnesses.tripwire import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Exchange
    from pytest_cmdbguard.probes.sink_payloads import SinkProbe
    from pytest_cmdbguard.witnesses.audit import Event

TEMPLATE, CODE = "template", "code"
_TEMPLATE_LIKE = re.compile(r"template|jinja|render", re.IGNORECASE)
_CODE_LIKE = re.compile(
    r"expression|formula|condition|predicate|(?<!de)script|eval|comput|rule", re.IGNORECASE
)
# What Python shows of its own objects, and no template engine of anything else.
_INTERNALS = re.compile(rb"<class (?:'|&#39;|&#x27;|\\u0027)")


def declared_template(place: Place) -> bool:
    """Whether a place says of itself that it takes templates."""
    described = str(place.point.schema.get("description", ""))
    names = (place.operation.path, place.operation.id, place.point.name, described)
    return any(_TEMPLATE_LIKE.search(text) for text in names)


def _takes_template(_means: Means, place: Place) -> bool:
    if place.point.location in {"path", "content", "header", "cookie"}:
        return False
    seen = place.reached.reflected or TEMPLATE in place.reached.sinks
    return takes_text(place.point) and (seen or declared_template(place))


def _template_probes(means: Means, place: Place) -> Iterator[SinkProbe]:
    """Sums where no template is meant to be; what goes beyond them where one is."""
    declared = declared_template(place)
    beyond = declared or TEMPLATE in place.reached.sinks or means.profile == "full"
    for probe in sink_payloads.of_table(sink_payloads.TEMPLATES, means.profile, tripwire=PROGRAM):
        is_sum = bool(probe.expected)
        if not declared if is_sum else beyond:
            yield probe
    names = sink_payloads.FORMAT_NAMES if declared or means.profile == "full" else ("0",)
    for name in names:
        yield sink_payloads.of_payload("format", sink_payloads.FORMAT, name=name)


def _judge_template(means: Means, tried: Tried) -> Proof | None:
    first, last = tried.probe.tokens[0], tried.probe.tokens[-1]
    if calls := means.tripwire.calls(last):
        text = f"the template ran a command: {PROGRAM} {calls[0]}"
        return Proof(text=text, severity=Severity.CRITICAL)
    for answer in tried.answers:
        shown = _between(answer, first, last)
        if tried.probe.expected and tried.probe.expected.encode() in shown:
            text = f"{tried.probe.text!s} came back as {_text(shown)}: it was evaluated"
            return Proof(text=text, severity=Severity.CRITICAL)
        if _INTERNALS.search(shown):
            text = f"{tried.probe.text!s} came back as {_text(shown)}: Python's own objects"
            return Proof(text=text, severity=Severity.CRITICAL)
    return None


def _between(answer: Exchange, first: str, last: str) -> bytes:
    """What an answer shows from one token on: to the other one, or a little further."""
    start = answer.body.find(first.encode())
    end = answer.body.find(last.encode(), start + len(first))
    if start < 0 or first == last:
        return b""
    return answer.body[start : end if end > 0 else start + 400]


def _text(shown: bytes) -> str:
    return shown[:160].decode("utf-8", "replace")


def _meets_template(place: Place, events: Sequence[Event]) -> bool:
    seen = any(event.sink == TEMPLATE for event in events)
    return seen or place.reached.reflected or TEMPLATE in place.reached.sinks


def _takes_code(means: Means, place: Place) -> bool:
    if place.point.location in {"path", "content", "header", "cookie"}:
        return False
    named = _CODE_LIKE.search(place.point.name) or _CODE_LIKE.search(place.operation.path)
    unwatched = not means.audit.sees and place.reached.reflected
    seen = CODE in place.reached.sinks or bool(named) or unwatched
    return seen and takes_text(place.point)


def _code_probes(means: Means, _place: Place) -> Iterator[SinkProbe]:
    return sink_payloads.of_table(sink_payloads.CODE, means.profile, tripwire=PROGRAM)


def _judge_code(means: Means, tried: Tried) -> Proof | None:
    last = tried.probe.tokens[-1]
    if calls := means.tripwire.calls(last):
        text = f"the code ran and called: {PROGRAM} {calls[0]}"
        return Proof(text=text, severity=Severity.CRITICAL)
    for event in tried.events:
        # Both tokens as names, with a dot between them: the input was compiled, not quoted.
        if event.name == "exec" and event.sink == CODE and _names(event, tried.probe):
            text = f"Python ran {tried.probe.text!s} as code ({event.texts[0]})\n{event.place}"
            return Proof(text=text, severity=Severity.CRITICAL)
    return None


def _names(event: Event, probe: SinkProbe) -> bool:
    names = {text.lower() for text in event.texts}
    return len(probe.tokens) > 1 and names >= set(probe.tokens)


def _meets_code(place: Place, events: Sequence[Event]) -> bool:
    return CODE in place.reached.sinks or any(event.sink == CODE for event in events)


TEMPLATES = Kind(
    matters=_takes_template,
    probes=_template_probes,
    judge=_judge_template,
    meets=_meets_template,
    follows=True,
)
CODES = Kind(matters=_takes_code, probes=_code_probes, judge=_judge_code, meets=_meets_code)
