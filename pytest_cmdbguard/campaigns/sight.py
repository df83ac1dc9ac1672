"""What the inside of the target does with a harmless input, in the words of the witnesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.benign import benign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_cmdbguard.campaigns.volley import Volley
    from pytest_cmdbguard.model import Operation, Parameter
    from pytest_cmdbguard.witnesses.audit import AuditWitness
    from pytest_cmdbguard.witnesses.sql import SqlWitness, Statement

SHOWN = 160
NOWHERE = "http://127.0.0.1:9"  # the discard port: where harmless URLs lead


class Sight:
    """Sends one harmless text and tells which sinks received it, and as what.

    Args:
        volley: sends it.
        audit: what happens in the target's processes.
        sql: what the database receives; None where the database is not known.
    """

    def __init__(self, volley: Volley, audit: AuditWitness, *, sql: SqlWitness | None) -> None:
        self._volley, self._audit, self._sql = volley, audit, sql

    def __call__(self, operation: Operation, point: Parameter) -> dict[str, str]:
        """Sink (``sql``, ``process``, ``file`` …) to the text in which the input stood there."""
        probe = benign(point, base_url=NOWHERE)
        token = probe.tokens[0]
        events = self._audit.mark()
        statements = self._sql.mark() if self._sql else None
        list(self._volley.each(operation, [(point, probe)]))
        told = [(event.sink, " ".join(event.texts)) for event in self._audit.since(events)]
        seen = {sink: text for sink, words in told if (text := _cut(words, token))}
        if self._sql and statements:
            text = next(_received(self._sql.since(statements), token), "")
            seen |= {"sql": text} if text else {}
        return seen


def _received(statements: Iterable[Statement], token: str) -> Iterator[str]:
    """How the database received the text: a bound value is the clearest."""
    listed = [s for s in statements if token in f"{s.text}{s.parameters}".lower()]
    for statement in sorted(listed, key=lambda s: token not in s.parameters.lower()):
        bound = _cut(statement.parameters, token)
        text = _cut(statement.text, token) or " ".join(statement.text.split())[:SHOWN]
        yield f"bound value {bound} of: {text}" if bound else text


def _cut(text: str, token: str) -> str:
    """The part of a text around the token, in one line; empty when it is not there."""
    found = text.lower().find(token)
    if found < 0:
        return ""
    return " ".join(text[max(0, found - SHOWN) : found + SHOWN].split())
