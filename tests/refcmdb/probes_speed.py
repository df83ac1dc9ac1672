"""What the checks of speed and of plans would see, in its simplest form: True is a violation."""

from __future__ import annotations

from seeing import elapsed_s, token


def list_is_slow(server) -> bool:
    client = server.as_("viewer-red")
    return elapsed_s(lambda: client.get("/devices", q=token())) > 2


def search_is_slow(server) -> bool:
    """At its best, because a machine may be busy."""
    client = server.as_("viewer-red")
    return min(elapsed_s(lambda: client.get("/devices", q=token())) for _ in range(3)) > 0.5


def search_reads_the_table(server, postgres) -> bool:
    with postgres.plans() as plans:
        server.as_("viewer-red").get("/devices", q=token())
    return any("Seq Scan on devices" in plan for plan in plans)


def statements_grow_with_the_page(server, postgres) -> bool:
    counts = []
    for limit in (5, 50):
        with postgres.plans() as plans:
            server.as_("viewer-red").get("/devices", limit=limit)
        counts.append(len(plans))
    return counts[0] != counts[1]


PROBES = {
    "CG-PERF-001": {"performance-slow-downstream": list_is_slow},
    "CG-PERF-002": {"performance-search-slow": search_is_slow},
    "CG-PLAN-001": {"plan-search-unindexed": search_reads_the_table},
    "CG-PLAN-002": {"plan-tags-per-device": statements_grow_with_the_page},
}
