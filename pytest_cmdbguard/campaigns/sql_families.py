"""Which SQL probes a point gets, by what its harmless control showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import BEHIND, FULL, QUICK, SINGLE
from pytest_cmdbguard.probes.samples import sample
from pytest_cmdbguard.probes.schemas import admits_text, kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cmdbguard.model import Exchange, Parameter, Sighting

Families = tuple[str, ...]

EVERYTHING = tuple(family for family in FULL if family != "control")
_QUICK = tuple(family for family in QUICK if family != "control")
# Checks may look at the beginning only: a value that they take goes first.
_BEHIND_NUMBER = ("behind-number", "behind-word")
_BEHIND_WORD = ("behind-text", "behind-word")


def first(
    point: Parameter,
    control: Exchange | None,
    seen: Sequence[Sighting],
    *,
    writes: bool,
    full: bool,
) -> Families:
    """After the control; None of it means that the schema of the point takes no text at all.

    What is bound gets the breakers once (and what may execute later, where it is stored); what
    became part of a statement's text gets one probe per context; what was refused gets what may
    pass all the same, for nobody knows what lies behind the validation.

    ``writes`` says whether the operation may store what it gets, ``full`` is the profile.
    """
    whole = ("mixed",) if full else ()  # behind a valid value comes farther
    if any(sighting.position != "bind" for sighting in seen):
        return _QUICK
    if seen:
        return ("mixed", "string") if writes else ("mixed",)
    if control is None:
        is_number = kind_of(point.schema) in {"integer", "number"}
        return whole + (_BEHIND_NUMBER if is_number else _BEHIND_WORD)
    if not is_refused(control):
        return ("mixed", "string", "number")
    valid = str(sample(point.schema, example=point.example))
    more = ("behind-number",) if valid.lstrip("-").isdigit() else ()
    return whole + _BEHIND_WORD + more


def second(
    *,
    reached: Collection[str],
    accepted: Collection[str],
    proven: bool,
    was_open: bool,
    full: bool,
) -> Families:
    """After the first ones.

    Args:
        reached: the families that the database saw.
        accepted: those that were answered with success.
        proven: whether one of them broke out; then one that executes is looked for.
        was_open: whether the control was accepted or seen.
        full: the profile.
    """
    if proven or (full and was_open):
        return EVERYTHING
    if not was_open:
        got_through = {*reached, *accepted}
        if not full and got_through <= BEHIND.keys():
            return ("behind-mixed",) if got_through else ()
        return ("control", *EVERYTHING) if got_through else ()
    return () if "mixed" in reached else tuple(SINGLE)


def is_refused(exchange: Exchange) -> bool:
    """Whether the target did not take the request (RFC 9110, 15.5)."""
    return 400 <= exchange.status < 500


def is_closed(point: Parameter) -> bool:
    """Whether no text with a breaker in it is valid at the point."""
    return not admits_text(point.schema)
