"""Pages for people: find a device, read its sheet, write a comment."""

# No postponed annotations here: msgspec reads them at run time.

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from refcmdb import frontend
from refcmdb.api import endpoints, reading
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.features.sessions import HTML, CsrfToken, form_of, see
from refcmdb.api.problems import Problem
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_form, read_query, require_id
from refcmdb.api.schemas.bodies import Body
from refcmdb.api.values import ONE_LINE, Comments
from refcmdb.api.writing import Writer
from refcmdb.auth.actors import Actor
from refcmdb.middleware.security import csrf

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

SHORTEST_SEARCH = 3
ON_A_PAGE = 50
LINK = re.compile(r"https?://[^\s\"'<>]+")


class Search(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the search page takes."""

    q: Annotated[
        str,
        Meta(max_length=100, pattern=ONE_LINE, description="Part of a name.", examples=["core"]),
    ] = ""


class CommentForm(Body, kw_only=True):
    """What the form on a device's sheet sends."""

    comments: Comments
    csrf_token: CsrfToken = ""


class Word(msgspec.Struct, frozen=True):
    """A word of a comment, and where it leads to if it is a link."""

    text: str
    link: str


def words_of(comments: str) -> Iterator[Word]:
    """The words of a comment; web addresses are links."""
    for text in comments.split():
        yield Word(text, text if LINK.fullmatch(text) else "")


async def visitor(backend: "Backend", request: Request) -> Actor:
    """Who looks at a page; a browser without session is shown the way to the log-in."""
    try:
        return await endpoints.who_asks(backend, request)
    except Problem as problem:
        if problem.status != 401 or HTML not in request.headers.get("accept", ""):
            raise
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise Problem(
            303, "log in first", headers={"Location": f"/login?next={quote(here, safe='')}"}
        ) from problem


def show(backend: "Backend", actor: Actor, template: str, **values: Any) -> Response:  # noqa: ANN401 - what the template needs
    """A page for somebody; with a session its forms carry the token of it."""
    token = csrf.token_for(backend.settings.secret, actor) if actor.by_cookie else ""
    return frontend.page(template, csrf_token=token, writes=actor.writes, **values)


async def search(backend: "Backend", request: Request) -> Response:
    """The devices that the visitor may see and searches for."""
    actor = await visitor(backend, request)
    text = read_query(request, Search).q.strip()
    resource = RESOURCES["devices"]
    too_short = 0 < len(text) < SHORTEST_SEARCH
    wanted = {"q": text} if len(text) >= SHORTEST_SEARCH else {}
    query = msgspec.convert({**wanted, "limit": ON_A_PAGE, "sort": "name"}, resource.query)
    page: Any = await reading.list_page(backend, resource, actor, query)
    return show(backend, actor, "devices.html", q=text, too_short=too_short, devices=page.items)


async def sheet(backend: "Backend", request: Request) -> Response:
    """One device, to look at and to print."""
    actor = await visitor(backend, request)
    read_query(request, endpoints.NoQuery)
    resource = RESOURCES["devices"]
    device: Any = await reading.read_detail(
        backend, resource, actor, require_id(request, "a device")
    )
    fields = msgspec.structs.asdict(device)
    return show(backend, actor, "device.html", device=fields, comments=words_of(device.comments))


async def comment(backend: "Backend", request: Request) -> Response:
    """Another comment for the device."""
    form = await read_form(request, CommentForm)
    actor = await endpoints.who_asks(backend, request, csrf_token=form.csrf_token)
    read_query(request, endpoints.NoQuery)
    resource, number = RESOURCES["devices"], require_id(request, "a device")
    writer = Writer(
        backend=backend, resource=resource, actor=actor, request_id=request.scope["request_id"]
    )
    writer.require_permission()
    await writer.patch(number, msgspec.convert({"comments": form.comments}, resource.patch))
    return see(f"/ui/devices/{number}")


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="//ui/devices",
        id="devices_page",
        summary="Find devices",
        tag="pages",
        handle=search,
        produces=(HTML,),
        query=Search,
        errors=(401, 422),
    ),
    Endpoint(
        method="GET",
        path="//ui/devices/{id}",
        id="device_sheet",
        summary="A device's sheet",
        tag="pages",
        handle=sheet,
        produces=(HTML,),
        errors=(401, 404, 422),
    ),
    Endpoint(
        method="POST",
        path="//ui/devices/{id}/comments",
        id="device_comment",
        summary="Change the comments on a device's sheet",
        tag="pages",
        handle=comment,
        status=303,
        consumes=form_of(CommentForm),
        errors=(400, 401, 403, 404, 413, 415, 422),
    ),
)
