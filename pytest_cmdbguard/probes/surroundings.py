"""Valid surroundings for a probe: everything else of a request is as the target wants it.

Learned from the target itself: ids and objects from its lists (something is created where a list
is empty), the rest from the document's examples and schemas. Nothing is known of any particular
target.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes import samples
from pytest_cmdbguard.probes.answers import object_in
from pytest_cmdbguard.probes.carriers import Carriers
from pytest_cmdbguard.probes.contents import content, filename_of, renewed_content
from pytest_cmdbguard.probes.points import BODY_LOCATIONS, FILENAME, TYPE, body_location, lies_in
from pytest_cmdbguard.probes.schemas import is_file, media_of_file, members_of, without_files

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Operation, Parameter
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.schemas import Schema

Item = Mapping[str, Any]
Values = dict[tuple[str, str], Any]

# How lists wrap their items, in the order in which they are looked for.
_WRAPPERS = ("items", "results", "data")
_LEARNED_ITEMS = 5


class Surroundings:
    """What an actor can ask for with success; learned when asked for, once per list.

    Args:
        api: as the actor who asks.
        operations: all of the target.

    ``senders`` is for whoever finds out, by operation id, which actor gets through with these
    values; None where nobody does. ``alone`` are the ids of those that only get through with
    :meth:`own_references`.
    """

    def __init__(self, api: Api, operations: Sequence[Operation]) -> None:
        self._api = api
        self._operations = tuple(operations)
        self._lists = {op.path: op for op in operations if op.method == "GET"}
        self._makers = {op.path: op for op in operations if op.method == "POST"}
        self._items: dict[str, tuple[Item, ...]] = {}
        self.senders: dict[str, str | None] = {}
        self.alone: set[str] = set()
        self._carriers = Carriers(path for path in self._makers if path in self._lists)

    def values(self, operation: Operation, point: Parameter | None = None) -> Values:
        """Values by (location, name) with which the operation should succeed.

        Optional query parameters are left out. What creates an object gets fresh texts, so that
        it can be created again; what deletes one gets an id that no object has. Of an operation
        that takes several kinds of bodies, there is the one that ``point`` lies in, else the
        first; JSON before all others.
        """
        values: Values = {}
        for parameter in operation.parameters:
            if parameter.location == "path":
                values["path", parameter.name] = self._id(operation, parameter)
            elif parameter.required:
                values[parameter.location, parameter.name] = _sample(parameter)
        return values | self._body_values(operation, point)

    def seldom(self, operation: Operation, point: Parameter) -> object:
        """A value that a place takes and that requests seldom have; None where none is known.

        It is for whoever watches the database. What a list shows first is asked for all the
        time, and a cache may answer it: so a path names the last object that was learned. What
        an object has already need not be written again: there is none of those for an update.
        """
        if point.location == "path":
            others = self.items(_before(operation, point))[1:]
            return _named(others[-1], point) if others else None
        if operation.reads:
            return None
        value = self.values(operation, point).get((point.location, point.name), _sample(point))
        stored = self.items(operation.path.rpartition("/{")[0])
        is_there = bool(stored) and value == stored[0].get(point.name.strip("/"))
        return None if is_there else value

    def own_references(self, operation: Operation) -> Values:
        """A new object for each that a body must name: a cable takes the ports of no other."""
        return {
            place: number
            for place, collection in self._carriers.needed(operation)
            if (number := self._made(self._makers[collection])) is not None
        }

    def fields(self, operation: Operation) -> dict[str, Schema]:
        """The fields of what is created in the collection of an operation, by name."""
        maker = self._makers.get(self._list_path(operation.path))
        members = members_of((maker and maker.body) or {})
        return {name: member for name, (member, _) in members.items()}

    def readers(self, operation: Operation) -> tuple[Operation, ...]:
        """The operations that show what an operation wrote: those that read its collection."""
        path = self._list_path(operation.path)
        return tuple(
            other
            for other in self._operations
            if other.method == "GET" and path and f"{other.path}/".startswith(f"{path}/")
        )

    def forget(self) -> None:
        """Learn everything anew: what was learned may have been renamed or deleted since."""
        self._items.clear()

    def look_again(self) -> None:
        """Learn anew what was empty: something may have been created since."""
        self._items = {path: found for path, found in self._items.items() if found}

    def body(self, operation: Operation) -> Any:  # noqa: ANN401 - any JSON value
        """A valid JSON body: an existing object of the resource, reduced to what the schema takes.

        Where there is none, the document's examples and the schema have to do.
        """
        path = operation.path.rpartition("/{")[0] or operation.path
        found = self.items(path)
        return samples.body(
            operation.body or {},
            known=found[0] if found else {},
            fresh=bool(self._list_path(path)),
        )

    def _body_values(self, operation: Operation, point: Parameter | None) -> Values:
        in_body = point is not None and point.location in BODY_LOCATIONS
        if operation.body is not None and (not point or not in_body or point.location == "body"):
            return _by_pointer(self.body(operation))
        for media, schema in operation.contents.items():
            if not point or not in_body or lies_in(point, media):
                return self._content_values(operation, media, schema)
        return {}

    def _content_values(self, operation: Operation, media: str, schema: Schema) -> Values:
        location = body_location(media)
        if location == "content":
            return {(location, media): renewed_content(media, schema)}
        found = self.items(operation.path)
        fields = samples.body(
            without_files(schema),
            known=found[0] if found else {},
            fresh=bool(self._list_path(operation.path)),
        )
        values: Values = {(location, name): value for name, value in dict(fields or {}).items()}
        for name, (member, _) in members_of(schema).items():
            if is_file(member):
                values[location, name] = content(media_of_file(member), member)
                values[location, name + FILENAME] = filename_of(media_of_file(member))
                values[location, name + TYPE] = media_of_file(member)
        return values

    def unchanged(self, operation: Operation) -> Values:
        """Values with which an update makes its object again what it was when it was learned."""
        found = self.items(operation.path.rpartition("/{")[0] or operation.path)
        body = samples.body(operation.body or {}, known=found[0] if found else {}, fresh=False)
        others = self.values(operation).items()
        return {key: value for key, value in others if key[0] != "body"} | _by_pointer(body)

    def items(self, path: str) -> tuple[Item, ...]:
        """The first objects of the list at a path, or at its longest prefix that is a list.

        Args:
            path: a path template as the document has it.
        """
        path = self._list_path(path)
        if not path:
            return ()
        if path not in self._items:
            self._items[path] = ()  # a list below itself would never end
            found = self._learn(self._lists[path])
            self._items[path] = (self._make(path) if found == () else found) or ()
        return self._items[path]

    def _list_path(self, path: str) -> str:
        while path and path not in self._lists:
            path = path.rpartition("/")[0]
        return path

    def _id(self, operation: Operation, parameter: Parameter) -> object:
        found = self.items(_before(operation, parameter))
        existing = _named(found[0] if found else {}, parameter)
        if operation.method == "DELETE" and operation.path.endswith("{" + parameter.name + "}"):
            return samples.absent_id(existing, parameter.schema)
        return _sample(parameter) if existing is None else existing

    def _make(self, path: str) -> tuple[Item, ...] | None:
        """What an empty list shows once something was created there."""
        maker = self._makers.get(path)
        if maker is None or self._api.send(maker, self.values(maker)).status >= 400:
            return None
        return self._learn(self._lists[path])

    def _made(self, maker: Operation) -> object:
        """The id of a new object; None where none was made."""
        answer = self._api.send(maker, self.values(maker))
        return object_in(answer).get("id") if answer.status in {200, 201} else None

    def _learn(self, operation: Operation) -> tuple[Item, ...] | None:
        """The first objects that a list shows, None where it is none."""
        answer = self._api.send(operation, self.values(operation))
        if answer.status != 200:
            return None
        try:
            listed = _unwrapped(json.loads(answer.body))
        except ValueError:
            return None
        if listed is None:
            return None
        return tuple(item for item in listed if isinstance(item, dict))[:_LEARNED_ITEMS]


def _before(operation: Operation, parameter: Parameter) -> str:
    """The path that a path parameter stands behind."""
    return operation.path.partition("/{" + parameter.name + "}")[0]


def _named(item: Item, parameter: Parameter) -> object:
    """What a path parameter is called in an object that it names."""
    return item.get(parameter.name, item.get("id", parameter.example))


def _sample(parameter: Parameter) -> Any:  # noqa: ANN401 - any JSON value
    return samples.sample(parameter.schema, example=parameter.example)


def _unwrapped(answer: object) -> list[Any] | None:
    if isinstance(answer, list):
        return answer
    if isinstance(answer, dict):
        return next((answer[n] for n in _WRAPPERS if isinstance(answer.get(n), list)), None)
    return None


def _by_pointer(body: object) -> Values:
    """A body as values by JSON pointer: the members of an object, else the whole."""
    if not (isinstance(body, dict) and body):
        return {("body", ""): body}
    return {
        ("body", "/" + name.replace("~", "~0").replace("/", "~1")): value
        for name, value in body.items()
    }
