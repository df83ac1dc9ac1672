"""What is served and not documented: other methods on known paths, and paths that nobody lists."""

from __future__ import annotations

import dataclasses
import re
import secrets
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.unlisted import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api

# HEAD belongs to GET and OPTIONS to every path; CONNECT is for proxies.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ABSENT = "999999999"
SHOWN = 120


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """Something that answers and that no document names."""

    what: str
    words: str
    exchange: Exchange
    operation: Operation | None = None


def other_methods(
    api: Api, operations: Sequence[Operation], listed: Sequence[Operation]
) -> Iterator[Unlisted]:
    """Methods that the paths of operations take besides those that the document has.

    Objects that do not exist are asked for: nothing is to be changed by this.

    Args:
        api: as the actor who asks.
        operations: whose paths are tried.
        listed: all that the document names, also what is not looked at.
    """
    documented = {str(operation) for operation in listed}
    known: dict[str, list[Operation]] = {}
    for operation in operations:
        known.setdefault(operation.route, []).append(operation)
    for path, there in known.items():
        if any(ends_the_session(operation) for operation in there):
            continue
        url = re.sub(r"\{[^{}]+\}", ABSENT, path)
        yield from _traced(api, url, there[0])
        for method in METHODS:
            if f"{method} {path}" in documented or (
                "{" not in path and method in {"PUT", "DELETE"}
            ):
                continue
            answer = api.request(method, url, body=None if method == "GET" else b"{}")
            if _serves(answer) and not _is_same(answer, api.request("GET", url)):
                words = f"{method} {path} is not documented and answers {_shown(answer)}"
                yield Unlisted(
                    what=f"{method} {path}", words=words, exchange=answer, operation=there[0]
                )


def other_paths(api: Api, listed: Sequence[Operation]) -> Iterator[Unlisted]:
    """Paths that intruders try first, as a stranger and as an actor, with what they show."""
    known = {operation.path for operation in listed}
    nowhere = f"/{secrets.token_hex(8)}"
    for client in (api.as_actor(None), api):
        usual = client.get(nowhere)
        for path in COMMON:
            if path.rstrip("/") in known or _is_item(path, known):
                continue
            answer = client.get(path)
            if _serves(answer) and not _is_same(answer, usual):
                words = f"GET {path} is not documented and answers {_shown(answer)}"
                yield Unlisted(what=f"GET {path}", words=words, exchange=answer)


def _traced(api: Api, url: str, operation: Operation) -> Iterator[Unlisted]:
    token = fresh_token()
    answer = api.request("TRACE", url, headers={"X-Cmdbguard": token})
    if answer.status == 200 and token.encode() in answer.body:
        words = f"TRACE {url} gives the request's headers back, credentials included"
        yield Unlisted(
            what=f"TRACE {operation.route}", words=words, exchange=answer, operation=operation
        )


def _serves(answer: Exchange) -> bool:
    return 200 <= answer.status < 300 and bool(answer.body.strip())


def _is_same(answer: Exchange, usual: Exchange) -> bool:
    """Whether it is what every path answers (a single-page application's page)."""
    return (
        usual.status == answer.status
        and _kind(usual) == _kind(answer)
        and (usual.body == answer.body or abs(len(usual.body) - len(answer.body)) < len(usual.url))
    )


def _kind(answer: Exchange) -> str:
    return answer.headers.get("content-type", "").partition(";")[0]


def _is_item(path: str, known: set[str]) -> bool:
    """Whether a documented template such as ``/{id}`` leads there."""
    patterns = (re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(template)) for template in known)
    return any(
        re.fullmatch(pattern, path.rstrip("/")) for pattern in patterns if "[^/]" in pattern
    )


def _shown(answer: Exchange) -> str:
    text = " ".join(answer.body.decode("utf-8", "replace").split())
    return f"HTTP {answer.status} with {len(answer.body)} bytes of {_kind(answer)}: {text[:SHOWN]}"
