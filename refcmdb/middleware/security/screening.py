"""Input that looks like an attack is reported; it is never blocked for its looks alone.

Whether input is *valid* is the schemas' business, and values are bound, so a device may well be
called ``; DROP TABLE``. What is written here tells operators that somebody tries.
"""

from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    from starlette.types import Scope

LONGEST = 16 * 1024  # bytes that are looked at; more costs and tells no more
PATTERNS = re.compile(
    rb"(?P<sql>'\s*(?:or|and|union|;)\b|\bunion\s+(?:all\s+)?select\b|;\s*(?:drop|delete|update)\s)"
    rb"|(?P<script><\s*script\b|\bon(?:error|load|click)\s*=|javascript:)"
    rb"|(?P<command>\$\(|`[^`]+`|[;|&]\s*(?:cat|curl|wget|sh|bash|nc|id)\b)"
    rb"|(?P<path>\.\./\.\./|\.\.\\|%2e%2e)"
    rb"|(?P<template>\{\{.*\}\}|\{%.*%\})"
    rb"|(?P<entity><!(?:doctype|entity)\b)",
    re.IGNORECASE,
)


def screen_query(scope: Scope) -> None:
    """Report what the query looks like."""
    raw = scope["query_string"]
    if raw:
        _screen(scope, urllib.parse.unquote_to_bytes(raw.replace(b"+", b" ")), where="query")


def screen_body(scope: Scope, raw: bytes) -> None:
    """Report what the body looks like."""
    _screen(scope, raw, where="body")


def _screen(scope: Scope, text: bytes, *, where: str) -> None:
    """One event per request is enough."""
    if scope.get("screened") or not scope["protection"].screening:
        return
    found = PATTERNS.search(text[:LONGEST])
    if found is not None:
        scope["screened"] = True
        detail = f"{where} looks like {found.lastgroup}"
        events.emit("input.suspicious", scope, outcome="noted", detail=detail)
