"""What CG-INJ-001 would see, in its simplest form: True is a violation."""

from __future__ import annotations

from seeing import breaks_out, token


def sort_becomes_sql(server) -> bool:
    reply = server.as_("viewer-red").get("/devices", sort="(select 1/0)")
    return reply.status_code == 500


def interface_search_becomes_sql(server) -> bool:
    return breaks_out(
        server.as_("viewer-red"),
        "GET",
        "/interfaces",
        lambda breaker: {"params": {"q": f"Ether{breaker}"}},
    )


def site_name_becomes_sql(server) -> bool:
    name = token()
    made = server.as_("operator-red").post("/sites", {"name": name, "region": "emea"}).json()
    return breaks_out(
        server.as_("operator-red"),
        "PATCH",
        f"/sites/{made['id']}",
        lambda breaker: {"json": {"name": name + breaker}},
    )


def filters_become_sql(server) -> bool:
    return any(
        breaks_out(
            server.as_("viewer-red"),
            "GET",
            path,
            lambda breaker, p=name: {"params": {p: f"data{breaker}"}},
        )
        for path, name in (("/sites", "q"), ("/vlans", "name"), ("/racks", "q"))
    )


PROBES = {
    "CG-INJ-001": {
        "sql-sort-concat": sort_becomes_sql,
        "sql-search-like-concat": interface_search_becomes_sql,
        "sql-body-name-concat": site_name_becomes_sql,
        "": filters_become_sql,
    },
}
