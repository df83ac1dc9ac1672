"""Hypothesis against one operation: bodies that its schema refuses, until one gets through."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import HealthCheck, Phase

from pytest_cmdbguard.probes.invalid import invalid_bodies, malformed_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.rows import RowWitness

EXAMPLES = {"quick": 40, "full": 400}
SEED = 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An invalid body that was not refused: ``sink`` is ``status`` or ``row``."""

    sink: str
    proof: str
    exchange: Exchange


class Fuzzer:
    """Sends invalid bodies to operations as one actor and watches status and rows.

    Reproducible: the same document and the same ``profile`` draw the same bodies.
    """

    def __init__(
        self, api: Api, surroundings: Surroundings, rows: RowWitness, *, profile: str
    ) -> None:
        self._api, self._surroundings, self._rows = api, surroundings, rows
        self._examples = EXAMPLES[profile]

    def is_reached(self, operation: Operation) -> bool:
        """Whether a valid body gets through, so that refusing the invalid ones means something."""
        answer = self._api.send(operation, self._surroundings.values(operation))
        return answer.status < 400

    def break_body(self, operation: Operation) -> Violation | None:
        """The smallest invalid body found that is not refused, or None."""
        values = self._surroundings.values(operation)
        valid = self._surroundings.body(operation)
        assert operation.body is not None
        bodies = invalid_bodies(operation.body, valid).map(_encoded) | malformed_texts()
        return self._search(operation, values, bodies)

    def _search(
        self,
        operation: Operation,
        values: Mapping[tuple[str, str], Any],
        bodies: SearchStrategy[bytes],
    ) -> Violation | None:
        seen: dict[bytes, Violation] = {}

        def gets_through(body: bytes) -> bool:
            violation = self._try(operation, values, body)
            if violation:
                seen[body] = violation
            return violation is not None

        settings = hypothesis.settings(
            max_examples=self._examples,
            database=None,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        try:
            return seen[hypothesis.find(bodies, gets_through, settings=settings)]
        except hypothesis.errors.NoSuchExample:
            return None

    def _try(
        self, operation: Operation, values: Mapping[tuple[str, str], Any], body: bytes
    ) -> Violation | None:
        before = self._rows.snapshot()
        exchange = self._api.send(operation, values, body=body)
        shown = body[:200].decode("utf-8", "replace")
        if not 400 <= exchange.status < 500:
            proof = f"the body {shown} is invalid and was answered HTTP {exchange.status}"
            return Violation(sink="status", proof=proof, exchange=exchange)
        changed = self._rows.changed_since(before)
        if changed:
            proof = (
                f"the body {shown} is invalid and was answered HTTP {exchange.status}, "
                f"yet rows changed in: {', '.join(changed)}"
            )
            return Violation(sink="row", proof=proof, exchange=exchange)
        return None


def _encoded(body: object) -> bytes:
    return json.dumps(body).encode()
