"""The pages for people: Jinja2 templates in which every value is escaped.

``app/`` is the web application, which npm builds into ``built/`` (`make frontend`).
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from refcmdb.middleware.compression import SECRET

PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

templates = Environment(
    loader=PackageLoader("refcmdb", "frontend"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def policy(nonce: str, *, elsewhere: str = "") -> str:
    """The Content-Security-Policy of a page: the script with the nonce runs, and no other.

    Styles and pictures may come from ``elsewhere``, too: an origin, empty for none.
    """
    strict = PAGE_POLICY.format(nonce=nonce)
    for kind in ("style-src", "img-src") if elsewhere else ():
        strict = strict.replace(f"{kind} 'self'", f"{kind} 'self' {elsewhere}")
    return strict


def origin_of(url: str) -> str:
    """The scheme and host of a URL, as policies name them; empty for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if url else ""


def page(template: str, *, status: int = 200, elsewhere: str = "", **values: object) -> Response:
    """The page that a template makes of the values; nobody may keep it."""
    nonce = secrets.token_urlsafe(16)
    text = templates.get_template(template).render(nonce=nonce, **values)
    # Pages hold CSRF tokens, and texts that others chose.
    headers = {**SECRET, "Content-Security-Policy": policy(nonce, elsewhere=elsewhere)}
    return Response(text, status_code=status, media_type="text/html", headers=headers)
