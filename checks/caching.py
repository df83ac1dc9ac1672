"""The cache answers, forgets what a write made wrong and nothing else, and mixes nobody up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.cache_watch import CacheWatch, Story


def updates_one(operation: Operation) -> bool:
    """Whether an operation changes some fields of the object its path leads to."""
    return operation.method == "PATCH" and operation.path.endswith("}")


def reads_one_or_many(operation: Operation) -> bool:
    """Whether an operation shows objects to actors."""
    return operation.method == "GET" and operation.secured


def tell(story: Story, evidence: Evidence, operation: Operation, *, scene: str) -> None:
    """Record what a scenario brought to light, and whether it could be played at all."""
    for defect in story.defects:
        evidence.finding(
            defect.proof,
            operation=defect.operation,
            sink=defect.sink,
            exchange=defect.exchange,
        )
    evidence.contact(
        operation,
        Parameter(location="cache", name=scene),
        reached=story.is_complete,
        stopped=story.stopped,
    )


@check(
    id="CG-CACHE-001",
    criterion="caching",
    title="A repeated read is served from the cache, and a write invalidates just what it must",
    severity=Severity.MEDIUM,
    cwe=524,
    asvs="5.0:14.2.2",
    remedy="Tag cached answers with the objects in them, and drop these tags after the commit.",
    operations=updates_one,
)
def writes_invalidate_what_they_must(
    operation: Operation, cache_watch: CacheWatch, evidence: Evidence
) -> None:
    """A hit is a read without a statement on the object's table, so no header need be trusted."""
    story = cache_watch.write_between_reads(operation)
    tell(story, evidence, operation, scene="read, write, read")


@check(
    id="CG-CACHE-002",
    criterion="caching",
    title="No actor is served an answer that was made for another",
    severity=Severity.CRITICAL,
    cwe=524,
    owasp="A01:2021 A01:2025 API1:2023",
    asvs="5.0:14.2.5",
    remedy="Make what the actor may see (tenant, role) a part of the cache key.",
    operations=reads_one_or_many,
)
def answers_do_not_cross_actors(
    operation: Operation, cache_watch: CacheWatch, evidence: Evidence
) -> None:
    """Only a leak that depends on who asked first is the cache's; others are access control's."""
    story = cache_watch.same_question_by_two(operation)
    if story.is_complete or not cache_watch.is_shared(operation):
        tell(story, evidence, operation, scene="two actors")
