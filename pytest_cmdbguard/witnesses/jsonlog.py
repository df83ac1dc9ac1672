"""PostgreSQL's jsonlog as statements: which SQL texts did the server really receive.

Rules (PostgreSQL manual, "Error Reporting and Logging" and "auto_explain"):

- ``log_statement`` writes ``statement: TEXT`` for the simple protocol and ``execute NAME: TEXT``
  for the extended one, with the bind values in DETAIL.
- A statement with a syntax error is in the ``statement`` field of its ERROR record only.
- SQL inside functions is in auto_explain's plans, in ``internal_query`` of an ERROR, and, once
  it was parsed, in the CONTEXT lines of whatever it raised (``SQL statement "TEXT"``).
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Json

TRIPWIRE = "CMDBGUARD-TRIPWIRE "

_STATEMENT = re.compile(
    r"(?:duration: [\d.]+ ms  )?(?:statement|execute [^:]*|parse [^:]*): ", re.DOTALL
)
_PLAN = re.compile(r"duration: ([\d.]+) ms  plan:\s*")
_NESTED = re.compile(
    r'^SQL (?:statement|expression) "(.*?)"(?=\n(?:PL/|SQL |unnamed |portal )|\Z)',
    re.DOTALL | re.MULTILINE,
)
_FAILURES = {"ERROR", "FATAL", "PANIC"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL text that PostgreSQL had in its hands.

    ``kind`` is ``statement`` (received), ``error`` (received and refused), ``internal`` (sent by
    a function, refused), ``plan`` (executed, nested statements included; ``plan`` is
    auto_explain's JSON and ``duration_ms`` its time) or ``tripwire`` (``parameters`` is the
    token that the executed tripwire named, ``text`` the statement that ran it).
    ``parameters`` is the text in which PostgreSQL showed the bind values, or empty.
    """

    kind: str
    text: str
    parameters: str = ""
    sqlstate: str = ""
    plan: Json | None = None
    duration_ms: float | None = None
    pid: int = 0
    application: str = ""


def statements(record: Json) -> Iterator[Statement]:
    """The SQL texts in one record of the log; most records have one or none."""
    message = str(record.get("message", ""))
    origin: Json = {
        "pid": int(record.get("pid", 0)),
        "application": str(record.get("application_name", "")),
    }
    if record.get("error_severity") in _FAILURES:
        yield from _refused(record, origin)
    elif message.startswith(TRIPWIRE):
        yield Statement(
            kind="tripwire",
            text=next(iter(_nested(record)), str(record.get("statement", ""))),
            parameters=message.removeprefix(TRIPWIRE),
            **origin,
        )
    elif match := _PLAN.match(message):
        yield from _planned(match, origin)
    elif match := _STATEMENT.match(message):
        detail = str(record.get("detail", ""))
        yield Statement(kind="statement", text=message[match.end() :], parameters=detail, **origin)


def _refused(record: Json, origin: Json) -> Iterator[Statement]:
    shown = [str(record[key]) for key in ("detail", "context") if record.get(key)]
    texts = [("internal", nested) for nested in _nested(record)]
    if record.get("statement"):
        texts.append(("error", str(record["statement"])))
    for kind, refused in texts:
        yield Statement(
            kind=kind,
            text=refused,
            parameters="\n".join(shown),
            sqlstate=str(record.get("state_code", "")),
            **origin,
        )


def _nested(record: Json) -> list[str]:
    """The statements inside functions that led to the record, the innermost first."""
    parsing = [str(record["internal_query"])] if record.get("internal_query") else []
    return parsing + _NESTED.findall(str(record.get("context", "")))


def _planned(match: re.Match[str], origin: Json) -> Iterator[Statement]:
    try:
        plan = json.loads(match.string[match.end() :])
    except ValueError:
        return  # auto_explain was set to another format: the statement line is still there
    yield Statement(
        kind="plan",
        text=str(plan.get("Query Text", "")),
        parameters=str(plan.get("Query Parameters", "")),
        plan=plan,
        duration_ms=float(match[1]),
        **origin,
    )
