"""Objects whose owner is known, because the run itself created them as that owner.

Every object carries fresh tokens in its text fields. A token was only ever sent by its owner, so
whoever is shown one was shown that owner's data.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.answers import object_in
from pytest_cmdbguard.probes.carriers import Carriers
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.surroundings import Surroundings

from .marking import Values, choices, marked, text_fields
from .owned import Owned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.rows import Place, RowWitness


class Estate:
    """What one tenant owns: one object per resource that its actors can create."""

    def __init__(
        self,
        api: Api,
        operations: Sequence[Operation],
        owners: Sequence[Actor],
        *,
        shared: frozenset[str],
        places: dict[str, Place] | None = None,
    ) -> None:
        self._api, self._operations, self.owners = api, operations, tuple(owners)
        self._shared = shared
        self._markable: dict[str, tuple[str, ...]] = {}
        self._makers: dict[str, Actor] = {}
        self._alone: set[str] = set()
        self._untouched: dict[str, list[Owned]] = {}
        # Where each resource is stored is the same for all tenants: estates may share this.
        self.places = {} if places is None else places
        self._by_path = {(op.method, op.path): op for op in operations}
        self._surroundings = {
            owner.name: Surroundings(api.as_actor(owner.name), operations) for owner in owners
        }
        self.creators = tuple(op for op in operations if self._creates(op))
        self.carriers = Carriers(self.collection(op) for op in self.creators)

    @functools.cached_property
    def objects(self) -> tuple[Owned, ...]:
        """One object per resource, created when somebody asks for the first time."""
        return tuple(owned for op in self.creators if (owned := self.create(op)))

    def create_all(self) -> None:
        """See to it that the objects are there."""
        len(self.objects)

    def of(self, collection: str) -> Owned | None:
        """The object of the collection at a path, None where there is none."""
        return next((o for o in self.objects if o.collection_path == collection), None)

    def is_shared(self, operation: Operation) -> bool:
        """Whether an operation is on something that all tenants share by design."""
        return any(_is_below(operation.path, prefix) for prefix in self._shared)

    def _creates(self, operation: Operation) -> bool:
        has_items = bool(self._item(operation.path))
        return operation.method == "POST" and has_items and not self.is_shared(operation)

    def collection(self, creator: Operation) -> str:
        """The path of the list that an operation adds to."""
        return self._item(creator.path).rpartition("/")[0]

    def _item(self, collection: str) -> str:
        """The path template of one item of a collection, empty when there is none.

        What is created below a parent (``/devices/{id}/files``) may be read beside it.
        """
        paths = [op.path for op in self._operations if op.method == "GET" and op.path[-1] == "}"]
        own = (p for p in paths if p.startswith(f"{collection}/{{"))
        last = collection.rpartition("/")[2]
        beside = (p for p in paths if p.rpartition("/")[0].endswith(f"/{last}"))
        return next(own, "") or (next(beside, "") if "{" in collection else "")

    def create(self, operation: Operation) -> Owned | None:
        """A new object with tokens, by the first actor who may create it; None if nobody may.

        A text field may be picky in ways the document does not tell (an address, a MAC): then
        the next choice of fields gets the tokens. What worked once is tried first.
        """
        owned = self._try(operation)
        if owned is None and operation.id in self._markable:
            # It worked before: what was learned (a tag, a site) must have gone in the meantime.
            for surroundings in self._surroundings.values():
                surroundings.forget()
            owned = self._try(operation)
        return owned

    def _try(self, operation: Operation) -> Owned | None:
        known = self._markable.get(operation.id)
        maker = self._makers.get(operation.id)
        for more in self._references_to_try(operation):
            for owner in [maker] if maker else self.owners:
                for names in [known] if known else choices(text_fields(operation)):
                    if owned := self._send(operation, owner, names, more)[0]:
                        self._markable[operation.id], self._makers[operation.id] = names, owner
                        self._alone |= {operation.id} if more else set()
                        return owned
        return None

    def _references_to_try(self, operation: Operation) -> Iterator[Values]:
        """References to what is there already, then to objects that nobody else refers to."""
        if operation.id not in self._alone:
            yield {}
        if own := self._own_references(operation):
            yield own

    def _own_references(self, operation: Operation) -> Values:
        """A new object for each that a create must name: a cable takes the ports of no other."""
        makers = {self.collection(creator): creator for creator in self.creators}
        return {
            place: made.id
            for place, collection in self.carriers.needed(operation)
            if (made := self.create(makers[collection]))
        }

    def attempt(self, operation: Operation, more: Values) -> tuple[Owned | None, Exchange]:
        """A create with more values than it needs: what it made, and the answer."""
        if operation.id not in self._makers:
            self.create(operation)
        owner = self._makers.get(operation.id, self.owners[-1])
        names = tuple(name for name in self.marked(operation) if ("body", f"/{name}") not in more)
        own = self._own_references(operation) if operation.id in self._alone else {}
        return self._send(operation, owner, names, own | more)

    def _send(
        self, operation: Operation, owner: Actor, names: tuple[str, ...], more: Values
    ) -> tuple[Owned | None, Exchange]:
        marks = {name: fresh_token() for name in names}
        values = marked(operation, marks, self.wanted(operation, owner))
        client = self._api.as_actor(owner.name)
        answer = client.send(operation, values | more, tokens=[*marks.values()])
        fields = object_in(answer)
        if answer.status not in {200, 201} or "id" not in fields:
            return None, answer
        made = Owned(
            item_path=self._item(operation.path),
            id=fields["id"],
            owner=owner,
            fields=fields,
            marks=marks,
        )
        return made, answer

    def marked(self, operation: Operation) -> tuple[str, ...]:
        """The fields in which a create takes tokens, as was found out; empty before that."""
        return self._markable.get(operation.id, ())

    def fresh(self, operation: Operation) -> Owned | None:
        """An object that nobody has touched of the resource that an operation works on.

        None if there is none. Whoever was refused whatever it tried on it gives it back.
        """
        named = self.carriers.in_path(operation)
        wanted = [*named.values()][-1] if named else operation.path
        if given_back := self._untouched.get(wanted):
            return given_back.pop()
        for creator in self.creators:
            if self.collection(creator) == wanted:
                return self.create(creator)
        return None

    def give_back(self, owned: Owned) -> None:
        """Let the next one who asks for a fresh object have this one, which is as it was made."""
        self._untouched.setdefault(owned.collection_path, []).append(owned)

    def row(self, owned: Owned, rows: RowWitness) -> Place:
        """The row that holds an object; searched for once per resource. Raises: GuardError."""
        known = self.places.get(owned.item_path)
        if known is None or len(known.key) != 1:
            known = self.places[owned.item_path] = owned.row(rows)
            return known
        return dataclasses.replace(known, key=((known.key[0][0], str(owned.id)),))

    def reader(self, operation: Operation) -> Operation | None:
        """The operation that reads what another one changes."""
        return self._by_path.get(("GET", operation.path))

    def lister(self, owned: Owned) -> Operation | None:
        """The operation that lists the collection an object was created in."""
        return self._by_path.get(("GET", owned.collection_path))

    def change(self, update: Operation, owned: Owned) -> tuple[str, Values] | None:
        """A fresh token and a request that writes it into a field; None if no field takes one."""
        name = next((name for name in text_fields(update) if name in owned.marks), None)
        if name is None:
            return None
        token = fresh_token()
        return token, {("path", owned.parameter): owned.id, ("body", f"/{name}"): token}

    def owner_of(self, token: str) -> Actor:
        """Who sent a token."""
        return next(owned.owner for owned in self.objects if token in owned.tokens)

    def shown_in(self, exchange: Exchange) -> str:
        """A token of this estate that an answer shows; empty when it shows none.

        What the request carried itself may be echoed, and counts for nothing.
        """
        text = exchange.body.decode("utf-8", "replace") + "\n".join(exchange.headers.values())
        sent = exchange.url + exchange.request_body.decode("utf-8", "replace")
        tokens = (token for owned in self.objects for token in owned.tokens)
        return next((t for t in tokens if t in text and t not in sent), "")

    def wanted(self, operation: Operation, owner: Actor) -> Values:
        """Valid values for an operation, as an actor of this tenant would send them."""
        known = self._surroundings[owner.name]
        values = dict(known.values(operation))
        own = next(iter(known.items(operation.path)), {})
        for point, collection in self.carriers.beside_path(operation):
            place = (point.location, point.name)
            found = next(iter(known.items(collection)), {})
            if place in values and point.name.strip("/") not in own and "id" in found:
                values[place] = found["id"]
        return values

    def values(self, operation: Operation, owned: Owned) -> Values:
        """Valid values for an operation on an object, as its owner would send them."""
        return self.wanted(operation, owned.owner) | self.address(operation, owned)

    def address(self, operation: Operation, owned: Owned) -> Values:
        """The path values that lead to an object, through its own parent where there is one."""
        named = self.carriers.in_path(operation)
        if not named:
            return {("path", owned.parameter): owned.id} if "{" in operation.path else {}
        *parents, last = named
        found: Values = {}
        for name in parents:
            parent = self.of(named[name])
            own = (owned.fields.get(key) for key in _references(self.carriers, owned, named[name]))
            told = next(own, parent.id if parent else None)
            if told is not None:
                found["path", name] = told
        return found | {("path", last): owned.id}


def _references(carriers: Carriers, owned: Owned, collection: str) -> list[str]:
    """The fields of an object that name one of a collection."""
    return [name for name in owned.fields if carriers.named(name) == collection]


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or (path.startswith(prefix.rstrip("/") + "/") and prefix != "/")
