"""Logging in and out with a browser."""

# No postponed annotations here: msgspec reads them at run time.

import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from refcmdb import frontend
from refcmdb.api import accounts, endpoints
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem
from refcmdb.api.requests import FORM, read_form, read_query
from refcmdb.api.schemas import Credentials
from refcmdb.api.schemas.bodies import Body
from refcmdb.api.values import line
from refcmdb.auth import sessions, tokens
from refcmdb.middleware.security import csrf, events

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

HOME = "/ui/devices"
HTML = "text/html"
# One slash and no second, nor a backslash, which browsers read as one.
LOCAL = re.compile(r"/(?![/\\])[\x21-\x7e]*", re.ASCII)

Next = Annotated[
    str, Meta(max_length=500, description="Where to go then: a path of ours.", examples=[HOME])
]
CsrfToken = Annotated[str, Meta(max_length=100, description="Of the page with the form.")]


class LoginQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the log-in page takes."""

    next: Next = HOME


class LoginForm(Body, kw_only=True):
    """What a person logs in with."""

    username: Annotated[str, line(1, 100, examples=["jane"])]
    password: Annotated[
        str, line(1, 200), Meta(extra_json_schema={"format": "password", "writeOnly": True})
    ]
    next: Next = HOME


class LogoutForm(Body, kw_only=True):
    """What a page of ours sends to log out."""

    csrf_token: CsrfToken = ""


def form_of(kind: type[msgspec.Struct]) -> dict[str, dict[str, Any]]:
    """How a form is described in the document."""
    _, components = msgspec.json.schema_components([kind])
    return {FORM: components[kind.__name__]}


def local(address: str) -> str:
    """The address if it leads to a page of ours, else the first page."""
    return address if LOCAL.fullmatch(address) else HOME


def see(address: str) -> Response:
    """Go on to another page."""
    return Response(status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


async def ask(_backend: "Backend", request: Request) -> Response:
    """The page that asks for name and password."""
    query = read_query(request, LoginQuery)
    return frontend.page("login.html", next=local(query.next), problem="", csrf_token="")


async def log_in(backend: "Backend", request: Request) -> Response:
    """A new session in any case, whatever the browser had before."""
    if backend.settings.protection.csrf:
        csrf.require_own_page(request)
    form = await read_form(request, LoginForm)
    credentials = Credentials(username=form.username, password=form.password)
    try:
        async with backend.guard.attempt(request, credentials.username):
            number = await accounts.identify(backend.database, credentials)
    except Problem as problem:
        if problem.status != 401:
            raise
        return frontend.page(
            "login.html", status=401, next=local(form.next), problem=problem.detail, csrf_token=""
        )
    await _end_old(backend, request)
    response = see(local(form.next))
    sessions.set_cookie(request, response, await sessions.begin(backend.database, number))
    return response


async def log_out(backend: "Backend", request: Request) -> Response:
    """The end of the session."""
    form = await read_form(request, LogoutForm)
    actor = await endpoints.who_asks(backend, request, csrf_token=form.csrf_token)
    await accounts.log_out(backend.database, actor)
    events.emit("session.ended", request.scope, outcome="ok")
    response = see("/login")
    sessions.drop_cookie(request, response)
    return response


async def _end_old(backend: "Backend", request: Request) -> None:
    old = sessions.text_of(request)
    if old:
        await sessions.end(backend.database, tokens.digest(old))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="//login",
        id="login_page",
        summary="The page that asks for name and password",
        tag="pages",
        handle=ask,
        produces=(HTML,),
        query=LoginQuery,
        errors=(422,),
        public=True,
    ),
    Endpoint(
        method="POST",
        path="//login",
        id="login",
        summary="Log in with a browser",
        tag="pages",
        handle=log_in,
        status=303,
        consumes=form_of(LoginForm),
        errors=(401, 403, 413, 415, 422, 429),
        public=True,
    ),
    Endpoint(
        method="POST",
        path="//logout",
        id="logout",
        summary="Log out with a browser",
        tag="pages",
        handle=log_out,
        status=303,
        consumes=form_of(LogoutForm),
        errors=(401, 403, 413, 415, 422),
    ),
)
