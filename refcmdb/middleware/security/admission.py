"""Who is not served at all: programs that say that they attack, and who asks in plain text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.api.problems import Problem
from refcmdb.middleware.security import events

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from refcmdb.middleware.security.toggles import Toggles

PLAIN = "/health"  # balancers ask it from beside, and show no credential


class Admission:
    """Pure ASGI: 403 for the rest.

    A scanner that gives another name passes: this saves the log from those that do not care, and
    protects nothing.
    """

    def __init__(self, app: ASGIApp, *, protection: Toggles) -> None:
        self.app, self._https = app, protection.https_only
        words = "|".join(map(re.escape, protection.refused_agents))
        self._refused = re.compile(words.encode(), re.IGNORECASE) if words else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Raises: Problem 403."""
        if scope["type"] == "http":
            self._admit(scope)
        await self.app(scope, receive, send)

    def _admit(self, scope: Scope) -> None:
        if self._https and scope["scheme"] != "https" and scope["path"] != PLAIN:
            events.emit("transport.refused", scope, outcome="refused")
            raise Problem(403, "HTTPS is required; what was sent may have been read: change it")
        if self._refused is None:
            return
        for name, value in scope["headers"]:
            if name == b"user-agent" and self._refused.search(value):
                agent = value.decode("latin-1")
                events.emit("agent.refused", scope, outcome="refused", detail=agent)
                raise Problem(403, "this program is not welcome here")
