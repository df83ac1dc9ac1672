"""How the process does, for those who run it."""

# No postponed annotations here: msgspec reads them at run time.

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from refcmdb.api.schemas.bodies import Body

Share = Annotated[float, Meta(ge=0, description="A share; 1 is everything.")]
Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Score = Annotated[int, Meta(ge=0, le=100)]


class RouteFigures(msgspec.Struct):
    """What the requests of a route took since the process began."""

    route: str
    method: str
    requests: Count
    errors: Annotated[int, Meta(ge=0, description="Answers with a status from 500.")]
    total_s: Seconds
    p50_s: Seconds | None
    p95_s: Seconds | None


class CodingFigures(msgspec.Struct):
    """How far a content coding shrank the answers that it was used for."""

    coding: str
    answers: Count
    before_bytes: Count
    after_bytes: Count
    ratio: Annotated[float, Meta(ge=0, description="Bytes before by bytes after.")]


class PerformanceMetrics(msgspec.Struct):
    """The last `window_s` seconds of this instance, and the routes that took the most time."""

    instance: str
    health: Score
    window_s: Seconds
    requests_per_s: Seconds
    error_share: Share
    p50_s: Seconds | None
    p95_s: Seconds | None
    cpu_share: Share
    memory_bytes: Count
    host_memory_share: Share
    disk_used_share: Share
    disk_free_bytes: Count
    loop_lag_s: Seconds
    pool_used: Count
    pool_most: Count
    pool_waiting: Count
    routes: list[RouteFigures]
    compression: list[CodingFigures]


class AssistantStatistics(msgspec.Struct):
    """What the cache did for the assistant, and the tokens that its model used."""

    hits: Count
    misses: Count
    prompt_tokens: Count
    completion_tokens: Count
    saved_tokens: Annotated[int, Meta(ge=0, description="That answers from the cache had used.")]
    failures: Annotated[int, Meta(ge=0, description="Questions without an answer.")]


class CacheStatistics(msgspec.Struct):
    """What the response cache did for this instance; null where there is none."""

    configured: bool
    up: bool | None
    hits: Count
    misses: Count
    away: Annotated[int, Meta(ge=0, description="Lookups that Redis did not answer.")]
    hit_share: Share | None
    assistant: AssistantStatistics | None


class Recommendation(msgspec.Struct):
    """A figure that takes points off the health score, and what to do about it."""

    figure: str
    points: Annotated[float, Meta(gt=0, le=100)]
    advice: str


class IndexSuggestion(msgspec.Struct):
    """An index, and what the planner says without and with it on a copy of the table."""

    definition: str
    rows: Annotated[int, Meta(ge=0, description="How many the copy has.")]
    cost_before: Annotated[float, Meta(ge=0)]
    cost_after: Annotated[float, Meta(ge=0)]
    plan_after: list[str]


class SlowStatement(msgspec.Struct):
    """A statement that took long; neither text nor plan has any value of a request."""

    text: str
    calls: Count
    total_s: Seconds
    worst_s: Seconds
    plan: list[str]
    index: IndexSuggestion | None
    problem: str | None


class OptimisationReport(msgspec.Struct):
    """What would make this instance quicker."""

    health: Score
    recommendations: list[Recommendation]
    slow_statements: list[SlowStatement]


class AlertItem(msgspec.Struct):
    """A rule, and how it stands on this instance."""

    name: str
    title: str
    severity: Literal["warning", "critical"]
    state: Literal["quiet", "pending", "firing", "resolved"]
    since: dt.datetime | None
    value: float | None
    threshold: float
    silenced_until: dt.datetime | None
    acknowledged: bool


class Alerts(msgspec.Struct):
    """All rules."""

    instance: str
    items: list[AlertItem]


class SilenceBody(Body, kw_only=True):
    """For how long nobody is told; 0 ends a silence."""

    minutes: Annotated[int, Meta(ge=0, le=10_080, examples=[60])]
