"""With whose credential attacks were made, and whether it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.attack import takes_input
from pytest_cmdbguard.campaigns.cast import ends_the_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Actor, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings

REFUSED = frozenset({401, 403})


class AuditTrail:
    """Asks operations with and without a credential.

    Args:
        api: any actor's.
        surroundings: valid values.
        operations: all of the target.
    """

    def __init__(
        self, api: Api, surroundings: Surroundings, operations: Sequence[Operation]
    ) -> None:
        self._api, self._surroundings = api, surroundings
        self._operations = [op for op in operations if not ends_the_session(op)]

    def attackable(self, actor: Actor | None) -> Iterator[tuple[Operation, int]]:
        """Every operation that takes input, and what a valid request of this actor got there."""
        for operation in self._operations:
            if takes_input(operation):
                yield operation, self._status(operation, actor)

    def proves(self, actor: Actor) -> bool:
        """Whether some operation answers this actor and refuses nobody."""
        reading = (op for op in self._operations if op.secured and op.method == "GET")
        return any(
            200 <= self._status(operation, actor) < 300
            and self._status(operation, None) in REFUSED
            for operation in reading
        )

    def _status(self, operation: Operation, actor: Actor | None) -> int:
        api = self._api.as_actor(actor.name if actor else None)
        return api.send(operation, self._surroundings.values(operation)).status
