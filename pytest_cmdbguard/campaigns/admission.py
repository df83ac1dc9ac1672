"""Whether a credential is accepted, seen by whether it is shown data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.probes.client import Api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation

GARBAGE = {"Authorization": "Bearer cmdbguard-is-nobody", "Cookie": "session=cmdbguard-is-nobody"}
MOST_TRIED = 12


class Admission:
    """An operation that shows data to a known actor, and none to strangers.

    An answer counts as data when it is 2xx and not the one that strangers get, with at least one
    object in it.
    """

    def __init__(self, api: Api, operations: Sequence[Operation], actor: Actor) -> None:
        """Looks for such an operation among the lists. Raises: GuardError if there is none."""
        self.api = api
        candidates = [
            op
            for op in operations
            if op.method == "GET" and op.secured and "{" not in op.path and not _needs_input(op)
        ]
        for operation in candidates[:MOST_TRIED]:
            if self._tells(operation, actor):
                self.operation = operation
                return
        raise GuardError("no list shows data to a known actor and none to strangers")

    def as_actor(self, actor: Actor) -> Exchange:
        """The answer to an actor, known to the client or not."""
        client = Api(self.api.base_url, (actor,))
        try:
            return client.as_actor(actor.name).get(self.operation.route)
        finally:
            client.close()

    def with_headers(self, headers: dict[str, str]) -> Exchange:
        """The answer to a credential that is nobody's secret."""
        return self.api.as_actor(None).get(self.operation.route, headers=headers)

    def _tells(self, operation: Operation, actor: Actor) -> bool:
        stranger = self.api.as_actor(None)
        return (
            shows_data(self.api.as_actor(actor.name).get(operation.route))
            and not shows_data(stranger.get(operation.route))
            and not shows_data(stranger.get(operation.route, headers=GARBAGE))
        )


def shows_data(exchange: Exchange) -> bool:
    """Whether an answer is 2xx and holds an object with members."""
    if not 200 <= exchange.status < 300:
        return False
    try:
        return _holds_object(json.loads(exchange.body))
    except ValueError:
        return False


def _holds_object(answer: Any) -> bool:  # noqa: ANN401 - any JSON value
    if isinstance(answer, list):
        return any(isinstance(item, dict) and item for item in answer)
    if isinstance(answer, dict):
        return any(isinstance(v, list) and _holds_object(v) for v in answer.values())
    return False


def _needs_input(operation: Operation) -> bool:
    return any(p.required for p in operation.parameters)
