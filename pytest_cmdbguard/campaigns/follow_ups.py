"""What becomes of stored input: the operations on an object that was just written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings

_PLACE = re.compile(r"\{([^{}]+)\}")
_LAST = re.compile(r"/(\{[^{}]+\})\Z")  # the object that a PATCH leads to
_WRITES = {"POST", "PUT", "PATCH"}


class FollowUps:
    """Asks for an object that a probe was stored in, in every way the document offers.

    ``POST /webhooks`` is followed by ``GET /webhooks/{id}`` and ``POST /webhooks/{id}/test``;
    what was created below another object (``POST /devices/{id}/files/archive``) is looked for
    under its own name (``/files/{id}``). Nothing is changed or deleted.
    """

    def __init__(
        self, api: Api, surroundings: Surroundings, operations: Sequence[Operation]
    ) -> None:
        self._api, self._surroundings, self._operations = api, surroundings, tuple(operations)

    def __call__(self, operation: Operation, exchange: Exchange) -> Iterator[Exchange]:
        """The answers about the object that an exchange wrote; none where it wrote none."""
        number = _written(operation, exchange)
        if number is None:
            return
        api = self._api.as_actor(exchange.actor.name if exchange.actor else None)
        for follower in self.of(operation):
            name = _PLACE.findall(follower.path)[-1]
            values = self._surroundings.values(follower) | {("path", name): number}
            yield api.send(follower, values)

    def of(self, operation: Operation) -> list[Operation]:
        """The operations on one object of the kind that an operation writes."""
        if operation.method not in _WRITES:
            return []
        path = operation.path.removesuffix("/" + "".join(_LAST.findall(operation.path)))
        names = set(path.rpartition("}")[2].split("/")) - {""}
        return [other for other in self._operations if _follows(other, names)]


def _follows(operation: Operation, collections: set[str]) -> bool:
    """Whether it reads an object of one of the collections, or does something with it."""
    before, place, after = operation.path.rpartition("{")
    deeper = after.partition("}")[2]
    reads = operation.method == "GET" or (operation.method == "POST" and bool(deeper))
    below = bool(place) and before.rstrip("/").rpartition("/")[2] in collections
    return reads and below and deeper.count("/") <= 1 and not ends_the_session(operation)


def _written(operation: Operation, exchange: Exchange) -> str | int | None:
    """The id of the object that an answer shows, if it says that one was written."""
    if operation.method not in _WRITES or not 200 <= exchange.status < 300:
        return None
    try:
        answer = json.loads(exchange.body)
    except ValueError:
        return None
    listed = answer.get("items") if isinstance(answer, dict) else answer
    shown = listed[0] if isinstance(listed, list) and listed else answer
    number = shown.get("id") if isinstance(shown, dict) else None
    return number if isinstance(number, str | int) else None
