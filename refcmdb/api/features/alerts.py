"""``/performance/alerts``: how the rules stand, and what people say of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from refcmdb import models
from refcmdb.api import statements
from refcmdb.api.endpoints import json_response
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.features.performance import watcher
from refcmdb.api.problems import missing
from refcmdb.api.requests import read_body
from refcmdb.api.schemas.performance import AlertItem, Alerts, SilenceBody
from refcmdb.api.values import encode
from refcmdb.api.writing import CHANGE_COLUMNS
from refcmdb.auth.roles import WRITERS
from refcmdb.monitoring.marks import ACKNOWLEDGE, OBJECT_TYPE, SILENCE, Said
from refcmdb.monitoring.rules import RULES
from refcmdb.services.cache import keys

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor
    from refcmdb.monitoring.alerts import Alert

RULE = {"rule": {"type": "string", "enum": [rule.name for rule in RULES]}}


async def listed(backend: Backend, request: Request) -> Response:
    """All rules."""
    await watcher(backend, request)
    await backend.alerts.marks.refresh()
    items = [item_of(backend, alert) for alert in backend.alerts.alerts.values()]
    return json_response(Alerts(instance=backend.alerts.instance, items=items))


async def silence(backend: Backend, request: Request) -> Response:
    """Nobody is told for a while."""
    actor = await watcher(backend, request)
    alert = _named(backend, request)
    wanted = await read_body(request, SilenceBody)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=wanted.minutes)
    await _record(backend, request, actor, alert, Said(alert.rule.name, until))
    return json_response(item_of(backend, alert))


async def acknowledge(backend: Backend, request: Request) -> Response:
    """Somebody knows: nobody is told again until it begins anew."""
    actor = await watcher(backend, request)
    alert = _named(backend, request)
    await _record(backend, request, actor, alert, Said(alert.rule.name))
    return json_response(item_of(backend, alert))


def item_of(backend: Backend, alert: Alert) -> AlertItem:
    """An alert as it is shown."""
    rule, mark = alert.rule, backend.alerts.marks.of(alert.rule.number)
    return AlertItem(
        name=rule.name,
        title=rule.title,
        severity=rule.severity,
        state=alert.state,
        since=alert.since,
        value=alert.value,
        threshold=rule.threshold,
        silenced_until=mark.silenced_until if mark.silent else None,
        acknowledged=alert.state == "firing" and mark.acknowledges(alert.since),
    )


def _named(backend: Backend, request: Request) -> Alert:
    alert = backend.alerts.alerts.get(request.path_params["rule"])
    if alert is None:
        raise missing("an alert rule")
    return alert


async def _record(
    backend: Backend,
    request: Request,
    actor: Actor,
    alert: Alert,
    said: Said,
) -> None:
    """A row of the change log is the mark itself: who, when, what."""
    action = ACKNOWLEDGE if said.until is None else SILENCE
    number, request_id = alert.rule.number, request.scope["request_id"]
    row = (None, OBJECT_TYPE, number, action, None, encode(said), actor.id, request_id)
    values = {name: [value] for name, value in zip(CHANGE_COLUMNS, row, strict=True)}
    await backend.database.fetch(statements.insert(models.changes, CHANGE_COLUMNS), values)
    await backend.cache.invalidate([keys.list_tag("changes", None)])
    await backend.alerts.marks.refresh()


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/performance/alerts",
        id="performance_alerts",
        summary="The alert rules, and how they stand on this instance",
        tag="performance",
        handle=listed,
        answer=Alerts,
        errors=(401, 403, 422),
        roles=WRITERS,
    ),
    Endpoint(
        method="POST",
        path="/performance/alerts/{rule}/silence",
        id="performance_silence",
        summary="Tell nobody of an alert for some minutes; recorded",
        tag="performance",
        handle=silence,
        answer=AlertItem,
        body=SilenceBody,
        places=RULE,
        errors=(400, 401, 403, 404, 413, 415, 422),
        roles=WRITERS,
    ),
    Endpoint(
        method="POST",
        path="/performance/alerts/{rule}/acknowledge",
        id="performance_acknowledge",
        summary="Say that somebody takes care of an alert; recorded",
        tag="performance",
        handle=acknowledge,
        answer=AlertItem,
        places=RULE,
        errors=(401, 403, 404, 422),
        roles=WRITERS,
    ),
)
