"""The SQL injection campaign against one operation: send, watch the database, judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .model import Operation, Parameter, Severity
from .probes.payloads import sql_probes
from .probes.points import injection_points
from .witnesses.judge import judge

if TYPE_CHECKING:
    from .model import Exchange
    from .probes.client import Api
    from .probes.payloads import SqlProbe
    from .probes.surroundings import Surroundings
    from .witnesses.sql import SqlWitness


def takes_input(operation: Operation) -> bool:
    """Whether an operation has any place for a probe."""
    return bool(injection_points(operation))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PointResult:
    """What became of the probes of one injection point of one operation."""

    operation: Operation
    point: Parameter
    reached: bool
    stopped: str
    proof: str
    severity: Severity
    exchange: Exchange | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One probe that was sent, and what came back."""

    operation: Operation
    point: Parameter
    probe: SqlProbe
    exchange: Exchange
