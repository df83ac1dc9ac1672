"""What CG-RED-001 would see, in its simplest form: True is a violation."""

from __future__ import annotations

from seeing import token


def star_finds_other_searches(server) -> bool:
    viewer, text = server.as_("viewer-red"), token()
    viewer.get("/devices", q=text)
    told = viewer.get("/devices", q=text[:-2] + "*").headers.get("X-Searched-Before", "0")
    return told != "0"


def two_words_are_two_searches(server) -> bool:
    viewer = server.as_("viewer-red")
    counts = [
        int(viewer.get("/sites", q=text).headers.get("X-Searches", "0"))
        for text in (token(), f"{token()} {token()}")
    ]
    return counts[1] - counts[0] > 1


def other_hosts_are_told_to_all(server) -> bool:
    viewer, host = server.as_("viewer-red"), f"{token()}.example.com"
    viewer("GET", "/racks", params={"limit": 7}, headers={"X-Forwarded-Host": host})
    answer = viewer.get("/racks", limit=7)
    return host in answer.text + str(answer.headers)


PROBES = {
    "CG-RED-001": {
        "redis-search-pattern": star_finds_other_searches,
        "redis-inline-command": two_words_are_two_searches,
        "redis-forwarded-host-cached": other_hosts_are_told_to_all,
    },
}
