"""Which SQL probes a point gets, by what its harmless control showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import BEHIND, FULL, QUICK, SINGLE
from pytest_cmdbguard.probes.schemas import admits_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cmdbguard.model import Exchange, Parameter, Sighting

Families = tuple[str, ...]

_QUICK = tuple(family for family in QUICK if family != "control")


def first(
    control: Exchange | None, seen: Sequence[Sighting], *, writes: bool, full: bool
) -> Families:
    """After the control; None of it means that the schema of the point takes no text at all.

    What is bound gets the breakers once (and what may execute later, where it is stored); what
    became part of a statement's text gets one probe per context; what was refused gets what may
    pass all the same, for nobody knows what lies behind the validation.

    ``writes`` says whether the operation may store what it gets, ``full`` is the profile.
    """
    if any(sighting.position != "bind" for sighting in seen):
        return _QUICK
    if seen:
        return ("mixed", "string") if writes else ("mixed",)
    if control is None or is_refused(control):
        return ("mixed", *BEHIND) if full else ("behind",)
    return ("mixed", "string", "number")


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
    got_through = {*reached, *accepted}
    if not (was_open or got_through):
        return ()
    if not (was_open or full) and got_through <= BEHIND.keys():
        return tuple(BEHIND) if proven else ()
    if proven or full or not was_open:
        return tuple(FULL)
    return () if "mixed" in reached else tuple(SINGLE)


def is_refused(exchange: Exchange) -> bool:
    """Whether the target did not take the request (RFC 9110, 15.5)."""
    return 400 <= exchange.status < 500


def is_closed(point: Parameter) -> bool:
    """Whether no text with a breaker in it is valid at the point."""
    return not admits_text(point.schema)
