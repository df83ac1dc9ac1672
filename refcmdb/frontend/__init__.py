"""The pages for people: Jinja2 templates in which every value is escaped."""

from __future__ import annotations

import secrets

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

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


def policy(nonce: str) -> str:
    """The Content-Security-Policy of a page: the script with the nonce runs, and no other."""
    return PAGE_POLICY.format(nonce=nonce)


def page(template: str, *, status: int = 200, **values: object) -> Response:
    """The page that a template makes of the values; nobody may keep it."""
    nonce = secrets.token_urlsafe(16)
    text = templates.get_template(template).render(nonce=nonce, **values)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy(nonce)}
    return Response(text, status_code=status, media_type="text/html", headers=headers)
