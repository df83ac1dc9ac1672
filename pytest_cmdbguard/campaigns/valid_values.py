"""Places that refuse every probe: whether the database hears of the values that they do take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.endings import USED_NOWHERE
from pytest_cmdbguard.probes.payloads import TextProbe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cmdbguard.campaigns.volley import Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.surroundings import Surroundings, Values
    from pytest_cmdbguard.witnesses.sql import SqlWitness

Place = tuple[str, str]


class ValidValues:
    """Sends each place a value that it takes, and looks for that value in every statement.

    A value that is found may have come from elsewhere, so that says nothing. One that is not
    found in any statement of a request that succeeded was used in none.

    Args:
        known: by operation id, values with which it succeeds and that no document can tell: the
            name and the password of a log-in.
    """

    def __init__(
        self,
        volley: Volley,
        surroundings: Surroundings,
        sql: SqlWitness,
        *,
        known: Mapping[str, Values],
    ) -> None:
        self._volley, self._surroundings, self._sql = volley, surroundings, sql
        self._known = known

    def __call__(self, operation: Operation, points: Sequence[Parameter]) -> dict[Place, str]:
        """Where the valid values ended, by (location, name); those that say nothing are left out.

        It begins with :data:`~.endings.USED_NOWHERE`, or says that no valid value is taken either.
        """
        if not points:
            return {}
        mark = self._sql.mark()
        sent = [
            (point, text, self._send(operation, point, text))
            for point in points
            if isinstance(text := self._value(operation, point), str)
        ]
        database = "\n".join(f"{s.text}\n{s.parameters}" for s in self._sql.since(mark)).lower()
        return {
            (point.location, point.name): ending
            for point, text, exchange in sent
            if (ending := _ending(exchange, found=text.lower() in database))
        }

    def _value(self, operation: Operation, point: Parameter) -> object:
        known = self._known.get(operation.id, {})
        place = (point.location, point.name)
        return known.get(place, self._surroundings.seldom(operation, point))

    def _send(self, operation: Operation, point: Parameter, text: str) -> Exchange:
        probe = TextProbe(text=text, beside=self._known.get(operation.id, {}))
        (sent,) = self._volley.each(operation, [(point, probe)])
        return sent.exchange


def _ending(exchange: Exchange, *, found: bool) -> str:
    if not exchange.is_taken:
        return f"no valid request is known: HTTP {exchange.status}"
    return "" if found else f"{USED_NOWHERE}: a valid value, HTTP {exchange.status}"
