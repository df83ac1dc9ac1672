"""Objects whose owner is known, because the run itself created them as that owner.

Every object carries fresh tokens in its text fields. A token was only ever sent by its owner, so
whoever is shown one was shown that owner's data.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.surroundings import Surroundings

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.rows import Place, RowWitness

Values = Mapping[tuple[str, str], Any]
RESTRICTED = {"enum", "format", "const"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An object of a known owner.

    ``item_path`` is the template under which it is read (``/devices/{id}``), ``fields`` what
    the target says it holds, ``marks`` the tokens by the fields that ``owner`` alone sent.
    """

    item_path: str
    id: Any
    owner: Actor
    fields: Mapping[str, Any]
    marks: Mapping[str, str]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens it carries, at least one."""
        return tuple(self.marks.values())

    @property
    def parameter(self) -> str:
        """The name of the path parameter that carries the id."""
        return self.item_path.rpartition("{")[2].rstrip("}")

    @property
    def collection_path(self) -> str:
        """The path it was created at."""
        return self.item_path.rpartition("/")[0]

    def row(self, rows: RowWitness) -> Place:
        """The row that holds it, not one that merely tells of it (a change log).

        A change log counts for itself and may come to the same id: where one of the rows has the
        token in a column of the field's name, that is the one.

        Raises: GuardError if no row with its id holds its token.
        """
        name, token = next(iter(self.marks.items()))
        found = [p for p in rows.find_token(token) if str(self.id) in dict(p.key).values()]
        if not found:
            raise GuardError(f"no row with id {self.id} holds the token {token}")
        return next((place for place in found if place.column == name), found[0])


class Estate:
    """What one tenant owns: one object per resource that its actors can create."""

    def __init__(
        self,
        api: Api,
        operations: Sequence[Operation],
        owners: Sequence[Actor],
        *,
        shared: frozenset[str],
    ) -> None:
        self._api, self._operations, self.owners = api, operations, tuple(owners)
        self._shared = shared
        self._markable: dict[str, tuple[str, ...]] = {}
        self._by_path = {(op.method, op.path): op for op in operations}
        self._surroundings = {
            owner.name: Surroundings(api.as_actor(owner.name), operations) for owner in owners
        }
        self.creators = tuple(op for op in operations if self._creates(op))

    @functools.cached_property
    def objects(self) -> tuple[Owned, ...]:
        """One object per resource, created when somebody asks for the first time."""
        return tuple(owned for op in self.creators if (owned := self.create(op)))

    def is_shared(self, operation: Operation) -> bool:
        """Whether an operation is on something that all tenants share by design."""
        return any(_is_below(operation.path, prefix) for prefix in self._shared)

    def _creates(self, operation: Operation) -> bool:
        has_items = bool(self._item(operation.path))
        return operation.method == "POST" and has_items and not self.is_shared(operation)

    def _item(self, collection: str) -> str:
        """The path template of one item of a collection, empty when there is none."""
        paths = (op.path for op in self._operations if op.method == "GET")
        return next((p for p in paths if p.startswith(f"{collection}/{{") and p[-1] == "}"), "")

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
        for owner in self.owners:
            for names in [known] if known else _choices(_text_fields(operation)):
                if owned := self._create(operation, owner, names):
                    self._markable[operation.id] = names
                    return owned
        return None

    def _create(self, operation: Operation, owner: Actor, names: tuple[str, ...]) -> Owned | None:
        marks = {name: fresh_token() for name in names}
        values = self._surroundings[owner.name].values(operation)
        values |= {("body", f"/{name}"): token for name, token in marks.items()}
        answer = self._api.as_actor(owner.name).send(operation, values, tokens=[*marks.values()])
        fields = _object(answer)
        if answer.status not in {200, 201} or "id" not in fields:
            return None
        return Owned(
            item_path=self._item(operation.path),
            id=fields["id"],
            owner=owner,
            fields=fields,
            marks=marks,
        )

    def fresh(self, operation: Operation) -> Owned | None:
        """A new object of the resource that an operation works on; None if there is none."""
        for creator in self.creators:
            if self._item(creator.path) == operation.path:
                return self.create(creator)
        return None

    def reader(self, operation: Operation) -> Operation | None:
        """The operation that reads what another one changes."""
        return self._by_path.get(("GET", operation.path))

    def lister(self, owned: Owned) -> Operation | None:
        """The operation that lists the collection an object was created in."""
        return self._by_path.get(("GET", owned.collection_path))

    def change(self, update: Operation, owned: Owned) -> tuple[str, Values] | None:
        """A fresh token and a request that writes it into a field; None if no field takes one."""
        name = next((name for name in _text_fields(update) if name in owned.marks), None)
        if name is None:
            return None
        token = fresh_token()
        return token, {("path", owned.parameter): owned.id, ("body", f"/{name}"): token}

    def owner_of(self, token: str) -> Actor:
        """Who sent a token."""
        return next(owned.owner for owned in self.objects if token in owned.tokens)

    def asks(self, operation: Operation) -> Iterator[Values]:
        """Requests of a reading operation that would show an object, if it may be shown."""
        if "{" in operation.path:
            for owned in self.objects:
                if operation.path == owned.item_path:
                    yield {("path", owned.parameter): owned.id}
            return
        yield newest_first(operation)
        for owned in self.objects:
            if operation.path == owned.collection_path:
                yield from _queries(operation, owned)

    def shown_in(self, exchange: Exchange) -> str:
        """A token of this estate that an answer shows; empty when it shows none."""
        text = exchange.body.decode("utf-8", "replace") + "\n".join(exchange.headers.values())
        return next((t for owned in self.objects for t in owned.tokens if t in text), "")

    def values(self, operation: Operation, owned: Owned) -> Values:
        """Valid values for an operation on an object, as its owner would send them."""
        values = dict(self._surroundings[owned.owner.name].values(operation))
        return values | {("path", owned.parameter): owned.id}


def _choices(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Which text fields to mark: all, all but one, just one."""
    if names:
        yield tuple(names)
    if len(names) > 1:
        yield from (tuple(n for n in names if n != left_out) for left_out in names)
        yield from ((name,) for name in names)


def _text_fields(operation: Operation) -> list[str]:
    """The body fields that take any text long enough for a token."""
    properties = (operation.body or {}).get("properties", {})
    return [name for name, schema in properties.items() if _is_free_text(schema)]


def _is_free_text(schema: Mapping[str, Any]) -> bool:
    choices = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return any(_takes_a_token(choice) for choice in choices)


def _takes_a_token(schema: Mapping[str, Any]) -> bool:
    token = fresh_token()
    return (
        schema.get("type") in ("string", ["string", "null"])
        and not RESTRICTED & set(schema)
        and schema.get("maxLength", len(token)) >= len(token)
        and re.search(schema.get("pattern", ""), token) is not None
    )


def _query_names(operation: Operation) -> set[str]:
    return {p.name for p in operation.parameters if p.location == "query"}


def newest_first(operation: Operation) -> dict[tuple[str, str], Any]:
    """A long page, newest first: where a fresh object would show."""
    names = _query_names(operation)
    page = {("query", name): 100 for name in ("limit", "page_size", "per_page") if name in names}
    return page | ({("query", "sort"): "-id"} if "sort" in names else {})


def _queries(operation: Operation, owned: Owned) -> Iterator[Values]:
    """Ways to ask a collection for one object: by its tokens and by every one of its fields."""
    names = _query_names(operation)
    for name in sorted({"q", "search"} & names):
        yield from (newest_first(operation) | {("query", name): token} for token in owned.tokens)
    for name in sorted(names):
        if isinstance(owned.fields.get(name), str | int):
            yield newest_first(operation) | {("query", name): owned.fields[name]}


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or (path.startswith(prefix.rstrip("/") + "/") and prefix != "/")


def _object(exchange: Exchange) -> dict[str, Any]:
    """The JSON object in an answer, empty when there is none."""
    try:
        found = json.loads(exchange.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
