"""Says of probes whether their input became SQL, and never on a guess.

Three judges (``token confinement`` after Su and Wassermann, POPL 2006):

- *Confinement*: what came from the request must be one lexical unit of the statement. Input that
  covers two units has left its place. Severity high.
- *Visibility*: pg_stat_statements replaces constants; a subselect of ours that is still visible
  was parsed as SQL. Severity high.
- *Tripwire*: the function that only our probes call was executed. Severity critical.

An error code is no proof: ``to_tsquery($1)`` answers 42601 to a bound value.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Protocol

from pytest_cmdbguard.model import Severity, Sighting
from pytest_cmdbguard.witnesses.lexing import UNREAD, Unit, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.witnesses.jsonlog import Statement

WITNESS = "sql"
CONTROL = "control"

# So much of a probe beside its token must stand in the statement, character by character, before
# two units count as broken out: a single quote or bracket may be there by coincidence.
_TELLING = 8
# A statement may show the input with these doubled or put before others (hand-made quoting).
_ESCAPES = "'\"\\"
_MOST_ESCAPES = 3
_SEPARATORS = " \t\r\n,;" + _ESCAPES


class Probe(Protocol):
    """What the judge must know of a probe; ``family`` ``control`` is a harmless one."""

    @property
    def family(self) -> str: ...  # noqa: D102 - see the class
    @property
    def text(self) -> str: ...  # noqa: D102 - see the class
    @property
    def tokens(self) -> tuple[str, ...]: ...  # noqa: D102 - see the class


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of one probe.

    ``reached`` says that a token of it was seen anywhere in the database's input, ``proof`` is
    the sighting that proves that it became SQL, ``severity`` goes with it.
    """

    probe: Probe
    reached: bool
    proof: Sighting | None = None
    severity: Severity | None = None

    @property
    def token(self) -> str:
        """The token of the proof, else the probe's first."""
        return self.proof.token if self.proof else self.probe.tokens[0]


def judge(
    probes: Sequence[Probe],
    statements: Iterable[Statement],
    *,
    visible: Mapping[str, str] | None = None,
) -> list[Judgement]:
    """One judgement per probe, in their order.

    Args:
        probes: of one injection point, its control among them if one was sent.
        statements: what the SQL witness saw since they were sent.
        visible: what :meth:`SqlWitness.visible` answered for their tokens.
    """
    seen = sightings(probes, statements, visible=visible or {})
    controls = [s for probe in probes if probe.family == CONTROL for s in _of(probe, seen)]
    return [_judged(probe, _of(probe, seen), controls) for probe in probes]


def sightings(
    probes: Sequence[Probe],
    statements: Iterable[Statement],
    *,
    visible: Mapping[str, str],
) -> list[Sighting]:
    """Every place where a token of a probe was seen, with its syntactic position.

    The position is ``literal``, ``bind``, ``identifier`` (quoted, or a bare name of its own),
    ``comment``, ``unread`` (behind the scanner's error), ``outside`` (broken out), ``visible``
    (parsed as SQL) or ``executed``.
    """
    by_token = {token: probe for probe in probes for token in probe.tokens}
    if not by_token:
        return []
    pattern = re.compile("|".join(map(re.escape, by_token)), re.IGNORECASE)
    found: dict[Sighting, None] = {}
    for statement in statements:
        if statement.kind == "tripwire":
            found.update(dict.fromkeys(_executed(statement, by_token)))
            continue
        for match in pattern.finditer(statement.parameters):
            found[_sighting(match, "bind", statement.parameters, match.span())] = None
        for match in pattern.finditer(statement.text):
            found[_placed(match, by_token[match[0].lower()])] = None
    for token, text in visible.items():
        found.update(dict.fromkeys(_parsed(token, text)))
    return list(found)


def _judged(probe: Probe, seen: list[Sighting], controls: list[Sighting]) -> Judgement:
    for position, severity in (
        ("executed", Severity.CRITICAL),
        ("outside", Severity.HIGH),
        ("visible", Severity.HIGH),
    ):
        proof = next((s for s in seen if s.position == position), None)
        if proof:
            return Judgement(probe=probe, reached=True, proof=proof, severity=severity)
    proof = next((s for s in seen if _unlike_control(s, controls)), None)
    severity_of = Severity.HIGH if proof else None
    return Judgement(probe=probe, reached=bool(seen), proof=proof, severity=severity_of)


def _of(probe: Probe, seen: list[Sighting]) -> list[Sighting]:
    return [sighting for sighting in seen if sighting.token in probe.tokens]


def _unlike_control(sighting: Sighting, controls: list[Sighting]) -> bool:
    """Whether the scanner fails at input whose harmless twin was a literal at the same place."""
    if sighting.position != UNREAD:
        return False
    before = sighting.text[: sighting.span[0]]
    return any(
        control.position == "literal" and control.text[: control.span[0]] == before
        for control in controls
    )


def _executed(statement: Statement, by_token: Mapping[str, Probe]) -> Iterator[Sighting]:
    token = statement.parameters.strip().lower()
    if token in by_token:
        match = re.search(re.escape(token), statement.text, re.IGNORECASE)
        span = _fragment(match, by_token[token]) if match else (0, 0)
        yield Sighting(
            witness=WITNESS, token=token, position="executed", text=statement.text, span=span
        )


def _parsed(token: str, text: str) -> Iterator[Sighting]:
    """Our own subselect in a normalised text, if it stands outside literals and comments."""
    ours = rf"\(\s*select\s+(?:\$\d+|true)\s+as\s+({re.escape(token)})\s*\)"
    for match in re.finditer(ours, text, re.IGNORECASE):
        if [unit.kind for unit in _covered(text, match.span(1))] == ["bare"]:
            yield Sighting(
                witness=WITNESS, token=token, position="visible", text=text, span=match.span()
            )


def _placed(match: re.Match[str], probe: Probe) -> Sighting:
    span = _fragment(match, probe)
    covered = _covered(match.string, span)
    if len(covered) == 1:
        kind = covered[0].kind
        return _sighting(match, "identifier" if kind == "bare" else kind, match.string, span)
    own = _covered(match.string, match.span())
    if span[1] - span[0] >= len(match[0]) + _TELLING:
        return _sighting(match, "outside", match.string, span)
    kind = own[0].kind if own else "comment"
    return _sighting(match, "identifier" if kind == "bare" else kind, match.string, span)


def _covered(text: str, span: tuple[int, int]) -> list[Unit]:
    """The lexical units that a range of characters touches."""
    start, end = len(text[: span[0]].encode()), len(text[: span[1]].encode())
    return [unit for unit in units(text) if unit.start < end and start < unit.end]


def _sighting(match: re.Match[str], position: str, text: str, span: tuple[int, int]) -> Sighting:
    return Sighting(
        witness=WITNESS, token=match[0].lower(), position=position, text=text, span=span
    )


def _fragment(match: re.Match[str], probe: Probe) -> tuple[int, int]:
    """How far the text around a token is the text of the probe around it."""
    text, sent = match.string.lower(), probe.text.lower()
    inside = sent.index(match[0].lower())
    right = _common(text[match.end() :], sent[inside + len(match[0]) :])
    left = _common(text[: match.start()][::-1], sent[:inside][::-1])
    start, end = match.start() - left, match.end() + right
    # A program may have split the input at these and put the same between the parts again.
    before = text[start : match.start()].lstrip(_SEPARATORS)
    behind = text[match.end() : end].rstrip(_SEPARATORS)
    return match.start() - len(before), match.end() + len(behind)


def _common(text: str, sent: str) -> int:
    """How many characters of a text agree with what was sent, added escapes aside."""
    agreed = position = 0
    last = " "
    for character in sent:
        # Where quotes stand in the input, hand-made quoting adds more of them.
        if character in _ESCAPES or last in _ESCAPES:
            position = _past_escapes(text, position, character)
        if text[position : position + 1] != character:
            break
        position, last = position + 1, character
        agreed = position
    return agreed


def _past_escapes(text: str, position: int, character: str) -> int:
    for added in range(_MOST_ESCAPES + 1):
        found = text[position + added : position + added + 1]
        if found == character:
            return position + added
        if not found or found not in _ESCAPES:
            break
    return position
