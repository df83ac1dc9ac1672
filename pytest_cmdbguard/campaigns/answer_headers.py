"""Input that comes back in the headers of answers: where it leads, and whether it ends a line."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import ada_url

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.stored_headers import own_header
from pytest_cmdbguard.probes.benign import URL_LIKE, takes_text
from pytest_cmdbguard.probes.payloads import TextProbe, fresh_token
from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.people import People
    from pytest_cmdbguard.campaigns.reach_map import ReachMap
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter

Proof = Callable[["Exchange", str], str]

# ``{d}`` is the token: a host below .example (RFC 2606), reached in another way each time.
ELSEWHERE = {
    "quick": (
        "https://{d}.example/",
        "//{d}.example/",
        "/\\{d}.example/",
        "{scheme}://{netloc}@{d}.example/",
        "{scheme}://{host}.{d}.example/",
    ),
    "full": ("https:{d}.example/", "/\t/{d}.example/", "///{d}.example/", "\\\\{d}.example/"),
}
# ``{d}`` is the token: the name of a header that only a line of its own can make.
LINES = {
    "quick": ("{c}\r\n{d}:1", "{c}%0d%0a{d}:1", "{c}\u560d\u560a{d}:1"),
    "full": ("{c}\n{d}:1", "{c}\r{d}:1", "{c}%250d%250a{d}:1"),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a place: ``header`` is the line that proves it, empty where none does."""

    operation: Operation
    point: Parameter
    exchange: Exchange
    header: str = ""


class AnswerHeaders:
    """Attacks the places whose input comes back in headers, and those that name addresses."""

    def __init__(
        self,
        volley: Volley,
        operations: Sequence[Operation],
        reach_map: ReachMap,
        people: People,
        base_url: str,
    ) -> None:
        self._volley, self._operations, self._reach_map = volley, operations, reach_map
        self._people, self._base = people, urlsplit(base_url)

    def led_elsewhere(self, profile: str) -> Iterator[Answered]:
        """Per place: whether an answer leads a browser to a host of our choice."""
        texts = ELSEWHERE["quick"] + (ELSEWHERE["full"] if profile == "full" else ())
        yield from self._attacked(texts, _leads_to, prefix="")

    def split(self, profile: str) -> Iterator[Answered]:
        """Per place: whether its input became a header of its own."""
        texts = LINES["quick"] + (LINES["full"] if profile == "full" else ())
        yield from self._attacked(texts, own_header, prefix="/")

    def _attacked(self, texts: Sequence[str], proves: Proof, *, prefix: str) -> Iterator[Answered]:
        for operation in self._operations:
            points = [] if ends_the_session(operation) else list(self._places(operation))
            results: dict[tuple[str, str], Answered] = {}
            for text in texts:
                probes = [(point, self._probe(text, operation, point, prefix)) for point in points]
                for sent in self._volley.each(operation, probes):
                    key = sent.point.location, sent.point.name
                    if key not in results or not results[key].header:
                        results[key] = _answered(sent, proves)
            yield from results.values()

    def _places(self, operation: Operation) -> Iterator[Parameter]:
        reached = self._reach_map(operation)
        for point in injection_points(operation):
            known = reached.get((point.location, point.name))
            in_header = known is not None and "header" in known.sinks
            if in_header or (takes_text(point) and URL_LIKE.search(point.name)):
                yield point

    def _probe(self, text: str, operation: Operation, point: Parameter, prefix: str) -> TextProbe:
        tokens = fresh_token(), fresh_token()
        base = {"scheme": self._base.scheme, "netloc": self._base.netloc}
        made = text.format(c=tokens[0], d=tokens[1], host=self._base.hostname, **base)
        is_address = URL_LIKE.search(point.name) is not None
        return TextProbe(
            text=prefix + made if is_address else made,
            tokens=tokens,
            beside=self._beside(operation),
        )

    def _beside(self, operation: Operation) -> Mapping[tuple[str, str], object]:
        """A log-in leads somewhere only with the right password."""
        login = self._people.operation
        if login is None or login.id != operation.id:
            return {}
        return self._people.credentials(self._people.whoever)


def _answered(sent: Sent[TextProbe], proves: Proof) -> Answered:
    return Answered(
        operation=sent.operation,
        point=sent.point,
        exchange=sent.exchange,
        header=proves(sent.exchange, sent.probe.tokens[1]),
    )


def _leads_to(answer: Exchange, token: str) -> str:
    """The header that leads a browser to a host with the token in its name."""
    location = answer.headers.get("location", "") if 300 <= answer.status < 400 else ""
    refresh = answer.headers.get("refresh", "").lower().partition("url=")[2]
    for name, address in (("Location", location), ("Refresh", refresh)):
        if address and token in _host(answer.url, address):
            return f"{name}: {address}"
    return ""


def _host(base: str, address: str) -> str:
    """The host that a browser goes to, by the URL standard; empty for what is no address."""
    try:
        return str(urlsplit(ada_url.join_url(base, address)).hostname or "").lower()
    except ValueError:
        return ""
