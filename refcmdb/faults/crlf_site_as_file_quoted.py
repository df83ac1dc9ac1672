"""A site is saved under its own name, in a quoted string as RFC 9110 has it."""

from __future__ import annotations

from refcmdb.faults.told_headers import tell

KIND = "twin"
CHECK = "CG-CRLF-002"
OPERATION = "sites_create"


def plant() -> None:
    """Backslashes before quotes and backslashes."""
    tell("sites", "content-disposition", "name", _quoted)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'inline; filename="{escaped}.json"'
