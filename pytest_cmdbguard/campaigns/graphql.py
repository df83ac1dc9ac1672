"""A GraphQL endpoint of the target: where it is, and the requests that it takes."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.campaigns.attack import takes_input
from pytest_cmdbguard.probes.graphql import INTROSPECTION, Schema, ids_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings

WELL_KNOWN = ("/graphql", "/graphql/", "/api/graphql", "/api/graphql/", "/v1/graphql")
MOST_FIELDS = {"quick": 25, "full": 1000}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GraphQl:
    """What there is: ``operations`` with variables, one per field, at ``path``.

    ``path`` is empty where the target has no such endpoint; ``untold`` is that of one that the
    document names and that does not tell its schema.
    """

    path: str = ""
    operations: tuple[Operation, ...] = ()
    untold: str = ""


def look(
    api: Api, operations: Sequence[Operation], surroundings: Surroundings, *, profile: str
) -> GraphQl:
    """The endpoint that the document names or that lies where most do.

    Args:
        api: as the actor who sees most.
        operations: of the document.
        surroundings: valid values.
        profile: with ``quick`` not all fields of a large schema are taken.
    """
    named = [op.path for op in operations if op.method == "POST" and "graphql" in op.path.lower()]
    for path in dict.fromkeys([*named, *WELL_KNOWN]):
        schema = _introspected(api, path)
        if schema is not None:
            made = [*schema.operations({})]
            made = [*schema.operations(_known(api, made, surroundings))]
            asked = [op for op in made if _has_variables(op)][: MOST_FIELDS[profile]]
            return GraphQl(path=path, operations=tuple(asked))
    return GraphQl(untold=named[0] if named else "")


def _introspected(api: Api, path: str) -> Schema | None:
    answer = api.post(path, json={"query": INTROSPECTION})
    try:
        return Schema(json.loads(answer.body)["data"]["__schema"], path)
    except (ValueError, KeyError, TypeError):
        return None


def _known(api: Api, made: Sequence[Operation], surroundings: Surroundings) -> dict[str, Any]:
    """Ids of objects that queries without required arguments show, by type."""
    found: dict[str, Any] = {}
    for operation in made:
        values = surroundings.values(operation)
        if "_query_" in operation.id and not values.get(("body", "/variables")):
            found |= dict(_ids(api.send(operation, values).body)) | found
    return found


def _ids(body: bytes) -> Iterator[tuple[str, Any]]:
    try:
        yield from ids_in(json.loads(body))
    except ValueError:
        return


def _has_variables(operation: Operation) -> bool:
    variables = (operation.body or {})["properties"]["variables"]["properties"]
    return bool(variables) and takes_input(operation)
