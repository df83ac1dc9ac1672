"""No internals in answers: what went wrong inside goes to the log, under the request's id."""

from __future__ import annotations

import logging
import secrets
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from starlette.responses import Response

from refcmdb.api.problems import MEDIA_TYPE, Problem
from refcmdb.middleware.security import events, screening

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from refcmdb.middleware.security.toggles import Toggles

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).parents[2]
UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.QueryCanceledError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    OSError,
)


class ErrorGuard:
    """Pure ASGI: gives every request an id, and turns exceptions into problem documents.

    What the answer says about security becomes an event, before it is sent: who has the answer
    finds the event in the log. ``protection`` is put where handlers find it.
    """

    def __init__(self, app: ASGIApp, *, protection: Toggles) -> None:
        self.app, self._protection = app, protection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in any case, as long as the response has not begun."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(16)
        scope["protection"] = self._protection
        status = 0

        async def send_noticed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                events.observe(scope, status)
            await send(message)

        try:
            screening.screen_query(scope)
            await self.app(scope, receive, send_noticed)
        except Exception as error:
            problem = problem_of(error)
            if problem.status == 503:
                # Known, and as often as there are requests: a whole traceback fills disks.
                log.warning("request %s: 503, %s", scope["request_id"], brief(error))
            elif problem.status >= 500:
                log.exception("request %s failed", scope["request_id"])
            if status:
                raise
            await answer(problem, scope["request_id"])(scope, receive, send_noticed)


def problem_of(error: Exception) -> Problem:
    """What the caller is told about ``error``."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, UNAVAILABLE):
        return Problem(503, "the database does not answer", headers={"Retry-After": "1"})
    return Problem(500, "this is our fault; the log has more under the request id")


def brief(error: Exception) -> str:
    """What was raised, and by which function of ours it came."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(str(PACKAGE))]
    place = f", in {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}: {error}{place}"


def answer(problem: Problem, request_id: str) -> Response:
    """The response that carries ``problem``."""
    return Response(
        problem.body(request_id if problem.status >= 500 else None),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **problem.headers},
    )
