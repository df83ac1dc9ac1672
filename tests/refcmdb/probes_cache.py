"""What the checks of the cache would see, in its simplest form: True is a violation."""

from __future__ import annotations

from seeing import cached, new_device


def answer_is_stale(server) -> bool:
    path = f"/devices/{new_device(server)['id']}"
    server.as_("viewer-red").get(path)
    server.as_("operator-red").patch(path, {"comments": "new"})
    return server.as_("viewer-red").get(path).json()["comments"] != "new"


def other_answers_are_dropped(server) -> bool:
    written, other = (f"/devices/{new_device(server)['id']}" for _ in range(2))
    server.as_("viewer-red").get(other)
    before = cached(server, "viewer-red", other)
    server.as_("operator-red").patch(written, {"comments": "new"})
    return (before, cached(server, "viewer-red", other)) == ("hit", "miss")


def repeated_read_is_a_miss(server) -> bool:
    path = f"/devices/{new_device(server)['id']}"
    server.as_("viewer-red").get(path)
    return cached(server, "viewer-red", path) == "miss"


def foreign_answer_is_served(server) -> bool:
    params = {"limit": 7, "sort": "-id"}
    red, blue = (
        server.as_(f"viewer-{color}").get("/devices", **params).json()["items"]
        for color in ("red", "blue")
    )
    return red == blue


PROBES = {
    "CG-CACHE-001": {
        "cache-stale-after-write": answer_is_stale,
        "cache-flushed-by-writes": other_answers_are_dropped,
        "cache-never-hits": repeated_read_is_a_miss,
    },
    "CG-CACHE-002": {"cache-key-without-tenant": foreign_answer_is_served},
}
