"""The security event log: one JSON line per event, on a logger of its own, without secrets.

``{"event": "login.failed", "at": "2026-05-01T10:00:00.123Z", "request_id": "…", "actor": "…",
"address": "…", "object": "POST /api/v1/auth/login", "outcome": "refused"}``. Times are UTC.
"""

from __future__ import annotations

import collections
import datetime as dt
import json
import logging
from typing import TYPE_CHECKING

from refcmdb.middleware.security.sanitising import sanitised

if TYPE_CHECKING:
    from starlette.types import Scope

log = logging.getLogger("refcmdb.security")
# How often each happened in this process, written or not.
counts: collections.Counter[str] = collections.Counter()

LONGEST = 200
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSALS = {401: "token.refused", 403: "access.denied", 404: "object.refused"}


def emit(event: str, scope: Scope, *, outcome: str, actor: str = "", detail: str = "") -> None:
    """Write one event about the request of ``scope``.

    Args:
        event: what happened, as ``subject.verb``.
        scope: of the request; the actor who asks is found there if somebody asks.
        outcome: ``ok``, ``refused`` or ``noted``.
        actor: the name in the request, where nobody is known to ask yet.
        detail: what else an operator needs; texts of callers are cut and made harmless.
    """
    counts[event] += 1
    client = scope.get("client") or ("", 0)
    record = {
        "event": event,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "request_id": scope.get("request_id", ""),
        "actor": _shown(actor) or who(scope),
        "address": client[0],
        "object": _shown(f"{scope['method']} {scope['path']}"),
        "outcome": outcome,
        **({"detail": _shown(detail)} if detail else {}),
    }
    log.warning(json.dumps(record))


def observe(scope: Scope, status: int) -> None:
    """Write what an answer says by itself: refusals, and changes by administrators."""
    actor = scope.get("actor")
    if status in REFUSALS and (actor is not None or status == 401):
        if not scope.get("event_told"):
            emit(REFUSALS[status], scope, outcome="refused")
    elif status < 400 and actor is not None and actor.administers and scope["method"] not in SAFE:
        emit("admin.action", scope, outcome="ok")


def who(scope: Scope) -> str:
    """The actor as logs name it: number, role and tenant; empty for a stranger."""
    actor = scope.get("actor")
    if actor is None:
        return ""
    return f"user {actor.id} ({actor.role}, tenant {actor.tenant_id or 'any'})"


def _shown(text: str) -> str:
    return sanitised(text[:LONGEST])
