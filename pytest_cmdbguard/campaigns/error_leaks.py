"""Errors are provoked, and their answers compared with what only insiders saw.

A leak is a text of the answer that also stands in PostgreSQL's log, in the service's log or in
its process, and that the request did not bring along.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.probes.points import injection_points, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.insiders import Inside

PATH = re.compile(r"/(?:[\w.@+-]+/){2,}[\w.@+-]+\.(?:py|so|rb|js|php|go|java|cs)\b")
FRAME = re.compile(
    r'File "([^"]+)", line \d+, in (\w+)|^\s+at [\w.$]+\(\w+\.java:\d+\)', re.MULTILINE
)
EXCEPTION = re.compile(r"\b(?:[A-Za-z_]\w*\.)+[A-Z]\w*(?:Error|Exception|Violation)\w*\b")
# Of a JSON member, name and value are lines here.
VERSION = re.compile(
    r"\b(?:PostgreSQL|Python|uvicorn|gunicorn|nginx|Apache|Werkzeug|Django|CPython|Redis|Valkey)"
    r"(?:[/ ]|[ _-]?version[\"']?[\s:=]{1,3}[\"']?)v?\d+\.\d+(?:\.\d+)?",
    re.IGNORECASE,
)
SQL = re.compile(
    r"\b(?:select\b.{1,300}?\bfrom|insert\s+into|update\b.{1,200}?\bset|delete\s+from)\s+[\w\".]+",
    re.IGNORECASE | re.DOTALL,
)
LEAST = 12
SHOWN = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What an answer gave away; ``kind`` names it without any payload."""

    operation: Operation
    exchange: Exchange
    kind: str
    words: str


def provoke(
    api: Api, surroundings: Surroundings, operation: Operation, *, profile: str
) -> Iterator[Exchange]:
    """Requests that are wrong in different ways, then one that is right, twice (a duplicate)."""
    if ends_the_session(operation):
        return
    values = surroundings.values(operation)
    points = injection_points(operation)
    if operation.body is not None:
        for body in (b'{"', b"[[]]", b'{"\xff": 1}'):
            yield api.send(operation, values, body=body)
    wrong: list[Any] = ["\x00", "x" * 9000, "'\"`;"]
    per_kind = 1 if profile == "quick" else 3
    for kind in ("path", "query", "body"):
        chosen = [point for point in points if point.location == kind]
        for point in chosen if profile == "full" or kind == "query" else chosen[-2:]:
            for value in wrong[:per_kind]:
                yield api.send(operation, place(values, point, value))
    if operation.method == "POST":
        yield api.send(operation, values)
        yield api.send(operation, values)


def leaks(operation: Operation, exchange: Exchange, inside: Inside) -> Iterator[Leak]:
    """What the answer to a wrong request gives away, if it is an error."""
    if exchange.status < 400:
        return
    answer = exchange.body.decode("utf-8", "replace")
    shown = _plain(answer) + "\n" + "\n".join(exchange.headers.values())
    asked = _asked(exchange)
    for kind, words in _findings(shown, inside):
        if words not in asked:
            yield Leak(
                operation=operation,
                exchange=exchange,
                kind=kind,
                words=f"HTTP {exchange.status} shows {kind}: {words[:SHOWN]}",
            )


def _findings(shown: str, inside: Inside) -> Iterator[tuple[str, str]]:
    for match in FRAME.finditer(shown):
        yield "a stack frame", match[0]
    for match in PATH.finditer(shown):
        yield "a path of the program", match[0]
    for match in EXCEPTION.finditer(shown):
        if match[0].rpartition(".")[2] in inside.log + "\n".join(inside.complaints):
            yield "an exception that the log names, too", match[0]
    for match in VERSION.finditer(shown):
        yield "the version of a program", match[0]
    received = [_folded(statement) for statement in inside.statements]
    for match in SQL.finditer(shown):
        if any(_folded(match[0]) in statement for statement in received):
            yield "SQL that PostgreSQL received", match[0]
    for complaint in inside.complaints:
        if len(complaint) >= LEAST and complaint in shown:
            yield "what PostgreSQL wrote into its log", complaint


def _plain(answer: str) -> str:
    r"""JSON's strings as they are meant, so that ``\"`` and ``\n`` are what they say."""
    try:
        return "\n".join(_texts(json.loads(answer)))
    except ValueError:
        return answer


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)


def _asked(exchange: Exchange) -> str:
    sent: Mapping[str, str] = exchange.request_headers
    body = exchange.request_body.decode("utf-8", "replace")
    return "\n".join([unquote_plus(exchange.url), body, _plain(body), *sent.values()])


def _folded(statement: str) -> str:
    return " ".join(statement.split()).lower()
