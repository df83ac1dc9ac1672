"""Requests that would show or touch an object of somebody else, if that were possible."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.model import Operation, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .estate import Estate
    from .marking import Values
    from .owned import Owned

PATH = Parameter(location="path", name="id")
LIST = Parameter(location="query", name="list")
AGES = ("created", "created_at")
PAGE_SIZES = ("limit", "page_size", "per_page")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Values by (location, name) that name an object, and the carrier of its id.

    ``own`` are those that say nothing but the object: the rest is the asker's to fill in.
    """

    carrier: Parameter
    owned: Owned | None
    own: Values


def questions(operation: Operation, estate: Estate) -> Iterator[Question]:
    """Every way in which an operation that reads can ask for the objects of an estate."""
    in_path = estate.carriers.in_path(operation)
    if in_path:
        last = [*in_path][-1]
        for owned in estate.objects:
            if owned.collection_path == in_path[last]:
                carrier = Parameter(location="path", name=last)
                address = estate.address(operation, owned)
                yield Question(carrier=carrier, owned=owned, own=address)
                if len(in_path) > 1:  # below a parent of the asker's own
                    place = ("path", last)
                    yield Question(carrier=carrier, owned=owned, own={place: owned.id})
        if operation.reads and not operation.path.endswith("}"):
            # What is shown below an object of the asker's own may be anybody's.
            yield Question(carrier=LIST, owned=None, own=newest_first(operation))
    elif "{" in operation.path:
        return
    elif operation.reads:
        yield Question(carrier=LIST, owned=None, own=newest_first(operation))
        yield from _filtered(operation, estate)
    yield from _referring(operation, estate)


def _filtered(operation: Operation, estate: Estate) -> Iterator[Question]:
    for owned in estate.objects:
        if operation.path == owned.collection_path:
            for name, values in _queries(operation, owned):
                carrier = Parameter(location="query", name=name)
                yield Question(carrier=carrier, owned=owned, own=values)


def _referring(operation: Operation, estate: Estate) -> Iterator[Question]:
    """Requests that name an object elsewhere than in the path."""
    in_path = estate.carriers.in_path(operation)
    for point, collection in estate.carriers.beside_path(operation):
        owned = estate.of(collection)
        if owned is not None and not (in_path and operation.reads):
            value = {(point.location, point.name): owned.id}
            yield Question(carrier=point, owned=owned, own=newest_first(operation) | value)


def newest_first(operation: Operation) -> Values:
    """A long page, newest first: where a fresh object would show."""
    names = _query_names(operation)
    page: Values = {("query", name): 100 for name in PAGE_SIZES if name in names}
    # Where ids are random (UUIDs), the age is another field; lists that filter by it sort by it.
    age = next((name for name in AGES if name in names), "id")
    return page | ({("query", "sort"): f"-{age}"} if "sort" in names else {})


def _queries(operation: Operation, owned: Owned) -> Iterator[tuple[str, Values]]:
    """Ways to ask a collection for one object: by its tokens and by every one of its fields."""
    names = _query_names(operation)
    for name in sorted({"q", "search"} & names):
        for token in owned.tokens:  # not the whole of it, which an answer may echo
            yield name, newest_first(operation) | {("query", name): token[:-1]}
    for name in sorted(names):
        if isinstance(owned.fields.get(name), str | int):
            yield name, newest_first(operation) | {("query", name): owned.fields[name]}


def _query_names(operation: Operation) -> set[str]:
    return {p.name for p in operation.parameters if p.location == "query"}
