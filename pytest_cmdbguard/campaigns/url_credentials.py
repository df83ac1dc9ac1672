"""Credentials in the URL: they end in logs, histories and Referer headers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.admission import shows_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api

NAMES = ("access_token", "token", "auth_token", "api_key", "apikey", "key", "jwt", "session")
# What stands for the token in the line that repeats the request.
PLACEHOLDER = "YOUR_TOKEN"


def readable(operations: Sequence[Operation]) -> list[Operation]:
    """The secured lists, which need no input."""
    return [
        op
        for op in operations
        if op.method == "GET"
        and op.secured
        and "{" not in op.path
        and not any(p.required for p in op.parameters)
    ]


def accepted(
    api: Api, operation: Operation, token: str, names: Sequence[str] = NAMES
) -> Iterator[tuple[str, Exchange]]:
    """The names of query parameters under which a stranger with the token is shown data."""
    stranger = api.as_actor(None)
    for name in names:
        answer = stranger.get(operation.route, query={name: token})
        if shows_data(answer) and not shows_data(stranger.get(operation.route)):
            yield name, answer


def without(exchange: Exchange, token: str) -> Exchange:
    """The same request with a placeholder: the token is somebody's secret."""
    return dataclasses.replace(exchange, url=exchange.url.replace(token, PLACEHOLDER))
