"""Does input lead to files outside of what the target serves and stores?"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, Proof, Tried
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.benign import FILE_LIKE, takes_text
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import FILENAME
from pytest_cmdbguard.probes.sink_payloads import SinkProbe
from pytest_cmdbguard.witnesses.audit import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.witnesses.audit import Event
    from pytest_cmdbguard.witnesses.files import FileWitness

UP = "../" * 12  # deeper than any directory that is served; more of it stays at the root
_ENDING = re.compile(r"\.[a-z]{2,4}\Z")


def _matters(means: Means, place: Place) -> bool:
    point = place.point
    if not takes_text(point) or point.location in {"content", "header", "cookie", "form"}:
        return False
    if point.location == "multipart":
        return point.name.endswith(FILENAME)
    named = FILE_LIKE.search(point.name) or (
        point.location == "path" and FILE_LIKE.search(place.operation.path)
    )
    return means.files.sees and (FILE in place.reached.sinks or bool(named))


def _probes(means: Means, place: Place) -> Iterator[SinkProbe]:
    values = means.surroundings.values(place.operation, place.point)
    known = str(values.get((place.point.location, place.point.name), ""))
    found = _ENDING.search(known)
    ending = found[0] if found else ""
    for family, form in _FORMS.items():
        if means.profile == "full" or family in _QUICK:
            token = fresh_token()
            path = means.files.plant(token, ending=ending)
            text = form.format(path=path, below=path[1:], up=UP, token=token + ending)
            yield SinkProbe(family=family, text=_recoded(family, text), tokens=(token,))
    token = fresh_token()
    text = f"{UP}{means.files.drop[1:]}/{token}{ending or '.txt'}"
    yield SinkProbe(family="written", text=text, tokens=(token,))


_FORMS = {
    "climb": "{up}{below}",
    "absolute": "{path}",
    "encoded": "{up}{below}",
    "neighbour": "../{token}",
    "doubled": "....//....//....//....//....//....//....//....//{below}",
    "backslash": "{up}{below}",
    "url": "file://{path}",
    "nul": "{up}{below}\0.txt",
    "below-known": "./{up}{below}",
}
_QUICK = {"climb", "absolute", "encoded", "neighbour"}


def _recoded(family: str, text: str) -> str:
    """What the client encodes once more is encoded twice when it is sent."""
    if family == "encoded":
        return text.replace("/", "%2f").replace(".", "%2e")
    return text.replace("../", "..\\") if family == "backslash" else text


def _judge(means: Means, tried: Tried) -> Proof | None:
    token = tried.probe.tokens[0]
    if secret := means.files.shown(token, list(tried.answers)):
        text = f"the answer has {secret}, which stands only in a file outside of everything served"
        return Proof(text=text, severity=Severity.CRITICAL)
    if dropped := means.files.dropped(token):
        text = f"the request made the file {dropped[0]}, outside of everything the target stores"
        return Proof(text=text, severity=Severity.CRITICAL)
    for event in tried.events:
        if place := outside(event, token, files=means.files):
            verb = "wrote" if event.writes else "opened"
            text = f"the target {verb} {place} ({event.name})\n{event.place}"
            return Proof(text=text, severity=Severity.HIGH)
    return None


def outside(event: Event, token: str, *, files: FileWitness) -> str:
    """The path that input has led to, where that is outside of the place meant for it.

    That is one of our own files, or one that is reached by ``..`` that came from the request.
    """
    if event.sink != FILE:
        return ""
    for path in event.texts:
        climbs = re.search(r"\.\.[/\\][^/\\]*" + token, path.lower())
        ours = posixpath.normpath(path).startswith(posixpath.dirname(files.drop))
        if token in path.lower() and (climbs or ours):
            return path
    return ""


def _meets(place: Place, events: Sequence[Event]) -> bool:
    return FILE in place.reached.sinks or any(event.sink == FILE for event in events)


PATHS = Kind(matters=_matters, probes=_probes, judge=_judge, meets=_meets, follows=True)
