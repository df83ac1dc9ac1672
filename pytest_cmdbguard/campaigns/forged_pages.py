"""Pages of another origin, and a browser that holds a session's cookies while it opens them."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from pytest_cmdbguard.probes.bodies import FORM, JSON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cmdbguard.model import Exchange
    from pytest_cmdbguard.probes.cookies import SetCookie

OVERRIDE = "X-HTTP-Method-Override"


def page_for(exchange: Exchange, url: str, body: str) -> str:
    """A page that makes a browser send a request like this one as soon as it is opened."""
    media = exchange.request_headers.get("content-type", "")
    if exchange.method == "GET":
        return f"<script>location.href = {json.dumps(url)}</script>"
    if media.startswith(FORM):
        fields = "".join(
            f'<input type=hidden name="{html.escape(n)}" value="{html.escape(v)}">'
            for n, v in parse_qsl(body, keep_blank_values=True)
        )
        form = f'<form method=post action="{html.escape(url)}">{fields}</form>'
        return f"{form}<script>document.forms[0].submit()</script>"
    how: dict[str, object] = {
        "method": exchange.method,
        "mode": "no-cors",
        "credentials": "include",
    }
    how |= {"body": body} if body else {}
    told = exchange.request_headers
    if exchange.method != "POST" or media.startswith(JSON) or OVERRIDE.lower() in told:
        names = [name for name in ("content-type", OVERRIDE.lower()) if name in told]
        how |= {"mode": "cors", "headers": {name: told[name] for name in names}}
    return f"<script>fetch({json.dumps(url)}, {json.dumps(how)})</script>"


def browser_cookies(cookies: Iterable[SetCookie], base_url: str) -> list[dict[str, Any]]:
    """The cookies as a browser would keep them that got them from the target."""
    host = urlsplit(base_url).hostname or ""
    return [
        {
            "name": cookie.name,
            "value": cookie.value,
            "domain": host,
            "path": cookie.attributes.get("path") or "/",
            "httpOnly": "httponly" in cookie.attributes,
            "secure": "secure" in cookie.attributes,
            "sameSite": cookie.same_site.capitalize() or "Lax",  # what Chromium takes it for
        }
        for cookie in cookies
    ]
