"""Stored input that comes back in the headers of later answers: does it stay inside of them?"""

from __future__ import annotations

import dataclasses
from email.message import Message
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.probes.benign import benign, takes_text
from pytest_cmdbguard.probes.payloads import TextProbe, fresh_token
from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.campaigns.follow_ups import FollowUps
    from pytest_cmdbguard.campaigns.volley import Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.surroundings import Surroundings

# ``{d}`` is the token: the name of a header, or of a parameter of one, that only the input makes.
TEXTS = {
    "quick": (
        "{c}\r\n{d}:1",
        "{c}%0d%0a{d}:1",
        "{c}\u560d\u560a{d}:1",
        '{c}"; {d}="1',
        "{c}; {d}=1",
    ),
    "full": ("{c}\n{d}:1", "{c}\r{d}:1", "{c}%250d%250a{d}:1", "{c}%22; {d}=%221"),
}
WITH_PARAMETERS = ("content-disposition", "content-type", "link")
OWN = frozenset({"header", "cookie", "path", "content"})  # of a request, or not one text


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A place whose input comes back in a header; ``proof`` is empty where it stays inside.

    ``is_line`` says whether it became a header of its own, not only a parameter; ``exchange`` is
    the later answer.
    """

    operation: Operation
    point: Parameter
    proof: str = ""
    is_line: bool = False
    exchange: Exchange | None = None


class StoredHeaders:
    """Writes objects, asks for them, and reads the headers.

    Args:
        volley: sends what is stored.
        follow_ups: ask for the object that it was stored in.
        surroundings: what both learned of the target.
        operations: all of the target.
        base_url: where texts lead that have to be URLs.
    """

    def __init__(
        self,
        volley: Volley,
        follow_ups: FollowUps,
        surroundings: Surroundings,
        operations: Sequence[Operation],
        base_url: str,
    ) -> None:
        self._volley, self._follow_ups, self._base_url = volley, follow_ups, base_url
        self._surroundings = surroundings
        self._writing = [op for op in operations if follow_ups.of(op) and not ends_the_session(op)]

    def __call__(self, profile: str) -> Iterator[Shown]:
        """One result per place whose harmless text was seen in a header of a later answer."""
        self._surroundings.forget()  # other attacks rename what was learned
        texts = TEXTS["quick"] + (TEXTS["full"] if profile == "full" else ())
        for operation in self._writing:
            for point in self._places(operation):
                tried = (self._tried(operation, point, text) for text in texts)
                nothing = Shown(operation=operation, point=point)
                proven = [shown for shown in tried if shown]
                yield min(proven, key=lambda shown: not shown.is_line, default=nothing)

    def _places(self, operation: Operation) -> list[Parameter]:
        probes = [
            (point, benign(point, base_url=self._base_url))
            for point in injection_points(operation)
            if point.location not in OWN and takes_text(point)
        ]
        answers: dict[int, str] = {}
        found = []
        for sent in list(self._volley(operation, probes)):  # kept, so that each has its own id
            key = id(sent.exchange)
            if key not in answers:
                later = self._follow_ups(operation, sent.exchange)
                answers[key] = "\n".join(v for one in later for v in one.headers.values()).lower()
            if sent.probe.tokens[0] in answers[key]:
                found.append(sent.point)
        return found

    def _tried(self, operation: Operation, point: Parameter, text: str) -> Shown | None:
        tokens = fresh_token(), fresh_token()
        probe = TextProbe(text=text.format(c=tokens[0], d=tokens[1]), tokens=tokens)
        for sent in self._volley.each(operation, [(point, probe)]):
            for later in self._follow_ups(operation, sent.exchange):
                if line := own_header(later, tokens[1]):
                    return Shown(
                        operation=operation, point=point, proof=line, is_line=True, exchange=later
                    )
                if line := _with_own_parameter(later, tokens[1]):
                    return Shown(operation=operation, point=point, proof=line, exchange=later)
        return None


def own_header(answer: Exchange, token: str) -> str:
    """The header whose name is the token, which only a line of its own makes; else empty."""
    return next((f"{n}: {v}" for n, v in answer.headers.items() if n.strip() == token), "")


def _with_own_parameter(answer: Exchange, token: str) -> str:
    """The header that has a parameter of that name, quoted strings read as such."""
    for name in WITH_PARAMETERS:
        parsed = Message()
        if value := answer.headers.get(name):
            parsed[name] = value
        if token in {key.strip().lower() for key, _ in parsed.get_params([], header=name)}:
            return f"{name}: {value}"
    return ""
