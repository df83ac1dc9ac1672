"""The queries of saved views, judged as those of the lists themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem, invalid
from refcmdb.api.requests import read_pairs, read_parameters

if TYPE_CHECKING:
    import msgspec

    from refcmdb.api.resource import Resource


def saved_query(resource: Resource, text: str) -> msgspec.Struct:
    """The query parameters that ``text`` gives the list of ``resource``. Raises: Problem 422."""
    try:
        given = read_pairs(text)
    except ValueError as error:
        raise invalid("query", "is no query string") from error
    if "cursor" in dict(given):
        raise invalid("query", "a view has no cursor: it begins with the first page")
    try:
        return read_parameters(given, resource.query)
    except Problem as problem:
        errors = [f"{error.field}: {error.message}" for error in problem.errors or ()]
        raise invalid("query", "; ".join(errors) or problem.detail) from problem
