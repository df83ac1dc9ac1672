"""Does the target connect to where only it may connect, because a request says so?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, Proof, Tried
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.benign import URL_LIKE, takes_text
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.sink_payloads import SinkProbe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.witnesses.audit import Event

# Spellings of this machine's own address; a filter on names misses some of them.
_QUICK = {"plain": "127.0.0.1", "name": "localhost", "number": "2130706433"}
_FULL = {
    "short": "127.1",
    "octal": "0177.0.0.1",
    "hexadecimal": "0x7f.0.0.1",
    "any": "0.0.0.0",  # noqa: S104 - an address to connect to, nothing listens there
    "mapped": "[::ffff:127.0.0.1]",
    "user": "example.com@127.0.0.1",
}
SINKS = {"socket", "listener"}


def _matters(_means: Means, place: Place) -> bool:
    point = place.point
    if point.location in {"content", "header", "cookie"} or not takes_text(point):
        return False
    named = URL_LIKE.search(point.name.rpartition("/")[2])
    described = point.schema.get("format") in {"uri", "url", "iri", "uri-reference"}
    return bool(named) or described or bool(SINKS & place.reached.sinks)


def _probes(means: Means, _place: Place) -> Iterator[SinkProbe]:
    hosts = _QUICK | (_FULL if means.profile == "full" else {})
    for family, host in hosts.items():
        token = fresh_token()
        url = means.listener.url(token, host=host)
        yield SinkProbe(family=family, text=url, tokens=(token,))


def _judge(means: Means, tried: Tried) -> Proof | None:
    if not (hits := means.listener.hits(tried.probe.tokens[0])):
        return None
    text = f"the target connected to 127.0.0.1:{means.listener.port} and asked: {hits[0]}"
    return Proof(text=text, severity=Severity.CRITICAL)


def _meets(place: Place, events: Sequence[Event]) -> bool:
    return bool(SINKS & place.reached.sinks) or any(event.sink == "socket" for event in events)


OUTGOING = Kind(matters=_matters, probes=_probes, judge=_judge, meets=_meets, follows=True)
