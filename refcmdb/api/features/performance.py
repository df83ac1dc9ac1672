"""``/performance`` and ``/metrics``: how this instance does, for operators and administrators."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from refcmdb.api.endpoints import NoQuery, json_response, who_asks
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem
from refcmdb.api.requests import read_query
from refcmdb.api.schemas.performance import (
    AssistantStatistics,
    CacheStatistics,
    CodingFigures,
    IndexSuggestion,
    OptimisationReport,
    PerformanceMetrics,
    Recommendation,
    RouteFigures,
    SlowStatement,
)
from refcmdb.auth.roles import WRITERS
from refcmdb.middleware.security import events
from refcmdb.monitoring import exposition, health
from refcmdb.monitoring.figures import quantile
from refcmdb.monitoring.metrics import Exported, families
from refcmdb.monitoring.slow_queries import shown
from refcmdb.services.cache import keys
from refcmdb.services.cache.statistics import Counts

if TYPE_CHECKING:
    from starlette.requests import Request

    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor
    from refcmdb.monitoring.advisor import Examined
    from refcmdb.monitoring.figures import RequestFigures
    from refcmdb.monitoring.indexes import Proof

MOST_ROUTES = 20


async def watcher(backend: Backend, request: Request) -> Actor:
    """Who asks. Raises: Problem 401, 403 for viewers, 422 for query parameters."""
    actor = await who_asks(backend, request)
    if actor.role not in WRITERS:
        raise Problem(403, f"the role {actor.role} does not see how the server does")
    read_query(request, NoQuery)
    return actor


async def scrape(backend: Backend, request: Request) -> Response:
    """Everything in Prometheus' text format."""
    await watcher(backend, request)
    text = exposition.text_of(families(exported(backend)))
    headers = {"Cache-Control": "no-store", "Content-Type": exposition.MEDIA_TYPE}
    return Response(text, headers=headers)


async def metrics(backend: Backend, request: Request) -> Response:
    """The last minutes."""
    await watcher(backend, request)
    now, figures = backend.monitor.readings(), backend.monitor.requests
    common = {
        name: getattr(now, name)
        for name in PerformanceMetrics.__struct_fields__
        if hasattr(now, name)
    }
    return json_response(
        PerformanceMetrics(
            instance=backend.alerts.instance,
            health=health.score(now),
            routes=routes_of(figures),
            compression=codings_of(figures),
            **common,
        )
    )


async def cache(backend: Backend, request: Request) -> Response:
    """What the cache did."""
    await watcher(backend, request)
    counts = backend.cache.total()
    return json_response(
        CacheStatistics(
            configured=backend.cache.configured,
            up=backend.monitor.readings().cache_up,
            hits=counts.hits,
            misses=counts.misses,
            away=counts.away,
            hit_share=counts.hit_ratio,
            assistant=assistant_of(backend),
        )
    )


def assistant_of(backend: Backend) -> AssistantStatistics | None:
    """What the assistant used and saved; None where there is none."""
    if not backend.settings.assistant.enabled:
        return None
    counts = backend.cache.statistics().get(keys.ASSISTANT, Counts())
    used = dataclasses.asdict(backend.assistant.usage)
    return AssistantStatistics(hits=counts.hits, misses=counts.misses, **used)


async def optimise(backend: Backend, request: Request) -> Response:
    """What would make it quicker."""
    await watcher(backend, request)
    now = backend.monitor.readings()
    report = OptimisationReport(
        health=health.score(now),
        recommendations=[
            Recommendation(component.figure, round(cost, 2), component.advice)
            for component, cost in health.worst(now)
        ],
        slow_statements=[statement_of(found) for found in await backend.advisor.examined()],
    )
    return json_response(report)


def exported(backend: Backend) -> Exported:
    """What there is to export now."""
    counts, assistant = backend.cache.total(), assistant_of(backend)
    return Exported(
        readings=backend.monitor.readings(),
        requests=backend.monitor.requests,
        events=events.counts,
        lookups={"hit": counts.hits, "miss": counts.misses},
        slow_queries=backend.advisor.slow.calls,
        alerts=backend.alerts.states(),
        assistant={} if assistant is None else msgspec.structs.asdict(assistant),
    )


def statement_of(found: Examined) -> SlowStatement:
    """A slow statement as it is shown."""
    query, proof = found.query, found.proof
    return SlowStatement(
        text=query.text,
        calls=query.calls,
        total_s=query.total_s,
        worst_s=query.worst_s,
        plan=list(found.plan),
        index=None if proof is None else suggestion_of(proof),
        problem=found.problem,
    )


def suggestion_of(proof: Proof) -> IndexSuggestion:
    """An index with its proof as it is shown."""
    return IndexSuggestion(
        definition=proof.candidate.definition,
        rows=proof.rows,
        cost_before=proof.cost_before,
        cost_after=proof.cost_after,
        plan_after=shown(proof.plan_after),
    )


def routes_of(figures: RequestFigures) -> list[RouteFigures]:
    """The routes that took the most time, the most first."""
    longest = sorted(figures.durations.items(), key=lambda pair: -pair[1].sum_s)
    return [
        RouteFigures(
            route=route,
            method=method,
            requests=sum(durations.buckets),
            errors=figures.answers[route, method, 5],
            total_s=durations.sum_s,
            p50_s=quantile(durations.buckets, 0.5),
            p95_s=quantile(durations.buckets, 0.95),
        )
        for (route, method), durations in longest[:MOST_ROUTES]
    ]


def codings_of(figures: RequestFigures) -> list[CodingFigures]:
    """How far each content coding shrank answers."""
    return [
        CodingFigures(
            coding=coding,
            answers=sent.answers,
            before_bytes=sent.before_bytes,
            after_bytes=sent.after_bytes,
            ratio=sent.before_bytes / max(sent.after_bytes, 1),
        )
        for coding, sent in sorted(figures.compressed.items())
    ]


def _endpoint(path: str, **declared: Any) -> Endpoint:  # noqa: ANN401 - what Endpoint takes
    return Endpoint(
        method="GET",
        path=path,
        tag="performance",
        errors=(401, 403, 422),
        roles=WRITERS,
        **declared,
    )


ENDPOINTS = (
    _endpoint(
        "//metrics",
        id="metrics",
        summary="Metrics in Prometheus' text format",
        handle=scrape,
        produces=("text/plain",),
    ),
    _endpoint(
        "/performance/metrics",
        id="performance_metrics",
        summary="How this instance did in the last minutes",
        handle=metrics,
        answer=PerformanceMetrics,
    ),
    _endpoint(
        "/performance/cache",
        id="performance_cache",
        summary="What the response cache did",
        handle=cache,
        answer=CacheStatistics,
    ),
    _endpoint(
        "/performance/optimisation",
        id="performance_optimisation",
        summary="Slow statements with their plans, proved index suggestions, recommendations",
        handle=optimise,
        answer=OptimisationReport,
    ),
)
