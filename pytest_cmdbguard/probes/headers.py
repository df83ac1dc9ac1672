"""Request headers from values by (location, name), and what of them may be shown."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes.bodies import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cmdbguard.model import Actor

# Three parts of base64url, the first of which begins with ``{"`` (RFC 7515).
_JWT = re.compile(r"\b(eyJ[\w-]*)\.([\w-]+\.[\w-]*)")
# What no field value can hold (RFC 9110, 5.5).
_FORBIDDEN = re.compile(r"[\r\n\0]")


def jwt_of(actor: Actor | None) -> str:
    """The token of an actor whose credential is a JWT, else an empty text."""
    values = actor.headers.values() if actor else ()
    return next((found[0] for value in values if (found := _JWT.search(value))), "")


def told_headers(
    values: Mapping[tuple[str, str], Any], actor: Actor | None
) -> dict[str, str | bytes]:
    """The headers that header, cookie and jwt values make, beside those of the session."""
    headers = {name: as_text(v) for (place, name), v in values.items() if place == "header"}
    cookies = [f"{name}={as_text(v)}" for (place, name), v in values.items() if place == "cookie"]
    own = dict(actor.headers) if actor else {}
    if cookies:
        before = [value for name, value in own.items() if name.lower() == "cookie"]
        headers["Cookie"] = "; ".join([*before, *cookies])
    fields = {name: value for (place, name), value in values.items() if place == "jwt"}
    if fields:
        headers |= {n: _with_jwt_fields(v, fields) for n, v in own.items() if _JWT.search(v)}
    return {name: sendable(value) for name, value in headers.items()}


def sendable(value: str) -> str | bytes:
    """A field value, UTF-8; line ends and NUL, which none can hold, become blanks."""
    value = _FORBIDDEN.sub(" ", value).lstrip()
    return value if value.isascii() else value.encode("utf-8", "replace")


def shown_headers(sent: Mapping[str, str | bytes], actor: Actor | None) -> dict[str, str]:
    """What was sent, by lower-case name, without secrets.

    The actor's own headers are left out; one that a probe changed shows a variable in their place.
    """
    shown = {}
    own = {name.lower(): name for name in actor.headers} if actor else {}
    for name, raw in sent.items():
        value = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
        if actor and name.lower() in own:
            value = _without_secret(value, actor, own[name.lower()])
        if value:
            shown[name.lower()] = value
    return shown


def _without_secret(value: str, actor: Actor, name: str) -> str:
    secret, told = actor.headers[name], actor.told_headers[name]
    if value == secret:
        return ""
    if match := _JWT.search(secret):
        variable = told.rpartition("$")[2]
        value = value.replace(match[2], f"${{{variable}#*.}}")
    return value.replace(secret, told)


def _with_jwt_fields(header: str, fields: Mapping[str, Any]) -> str:
    def changed(match: re.Match[str]) -> str:
        head = json.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
        made = json.dumps(head | dict(fields), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(made).decode().rstrip("=") + "." + match[2]

    return _JWT.sub(changed, header, count=1)
