"""SQL text as PostgreSQL's own scanner cuts it, as far as it gets."""

from __future__ import annotations

import dataclasses
import functools

import postgast

# Numbers of PostgreSQL's grammar (``pg_query.Token``), the same since libpg_query 13.
_KINDS = {
    postgast.pg_query_pb2.SCONST: "literal",
    postgast.pg_query_pb2.USCONST: "literal",
    postgast.pg_query_pb2.BCONST: "literal",
    postgast.pg_query_pb2.XCONST: "literal",
    postgast.pg_query_pb2.PARAM: "bind",
    postgast.pg_query_pb2.UIDENT: "identifier",
    postgast.pg_query_pb2.SQL_COMMENT: "comment",
    postgast.pg_query_pb2.C_COMMENT: "comment",
}
UNREAD = "unread"


@dataclasses.dataclass(frozen=True, slots=True)
class Unit:
    """One token of the scanner; ``start`` and ``end`` count bytes of the UTF-8 text.

    ``kind`` is ``literal``, ``bind``, ``identifier`` (quoted), ``comment``, ``bare`` (all else)
    or ``unread``: the rest of a text after the place where the scanner gave up.
    """

    start: int
    end: int
    kind: str


@functools.lru_cache(maxsize=512)
def units(text: str) -> tuple[Unit, ...]:
    """The units of a text in their order.

    PostgreSQL reads from left to right, so what stands before an unterminated literal or another
    mistake was read as it is returned here.
    """
    raw = text.encode()
    readable, tokens = len(raw), None
    while tokens is None:
        try:
            tokens = postgast.scan(raw[:readable].decode("utf-8", "ignore")).tokens
        except postgast.PgQueryError as error:
            readable = _place(raw, error.cursorpos, before=readable)
    found = [Unit(token.start, token.end, _kind(raw, token)) for token in tokens]
    if readable < len(raw):
        found.append(Unit(readable, len(raw), UNREAD))
    return tuple(found)


def _place(raw: bytes, cursor: int, *, before: int) -> int:
    """The byte offset of a scanner's error position (characters, from 1), smaller each time."""
    characters = raw.decode()[: max(0, cursor - 1)]
    return min(len(characters.encode()), before - 1)


def _kind(raw: bytes, token: postgast.pg_query_pb2.ScanToken) -> str:
    if raw[token.start : token.start + 1] == b'"':
        return "identifier"
    return _KINDS.get(token.token, "bare")
