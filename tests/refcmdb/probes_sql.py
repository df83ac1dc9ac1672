"""What CG-INJ-001 would see, in its simplest form: True is a violation."""

from __future__ import annotations

from seeing import breaks_out, token

BREAKER = "' and 1=1/0 and '1'='1"
NUMBER = " and 1=mod(1,0)"  # a slash would end a path


def asked(name: str, path: str, *, user: str = "viewer-red", **cases: str):
    """A probe: with one value of a query parameter there is an answer, with another a failure."""
    ((parameter, values),) = cases.items()
    sound, broken = values

    def probe(server) -> bool:
        client = server.as_(user)
        statuses = [client.get(path, **{parameter: v}).status_code for v in (sound, broken)]
        return statuses == [200, 500]

    probe.__name__ = name
    return probe


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
            lambda breaker, p=name: {"params": {p: f"data:{breaker}"}},
        )
        for path, name in (
            ("/sites", "custom"),
            ("/sites", "q"),
            ("/vlans", "name"),
            ("/racks", "q"),
        )
    )


def rack_path_becomes_sql(server) -> bool:
    client = server.as_("viewer-red")
    number = client.get("/racks", limit=1).json()["items"][0]["id"]
    statuses = [client.get(f"/racks/{number}{end}").status_code for end in ("", NUMBER)]
    return statuses == [200, 500]


def rack_search_becomes_sql(server, postgres) -> bool:
    """What goes wrong is swallowed, so a plan has to tell that the condition was read."""
    with postgres.plans() as plans:
        server.as_("viewer-red").get("/racks", q="x' or length(name)=31337 or '1'='2")
    return any("= 31337" in plan for plan in plans)


def stored_vlan_becomes_sql(server) -> bool:
    client = server.as_("operator-red")
    site = client.post("/sites", {"name": token(), "region": "emea"}).json()["id"]
    numbers = []
    for vid, name in ((3001, token()), (3002, token() + BREAKER)):
        made = client.post("/vlans", {"name": name, "vid": vid, "site_id": site})
        assert made.status_code == 201, made.text
        numbers.append(made.json()["id"])
    statuses = [client.get(f"/vlans/{number}").status_code for number in numbers]
    for number in numbers:
        client.delete(f"/vlans/{number}")
    return statuses == [200, 500]


def agent_becomes_sql(server) -> bool:
    return breaks_out(
        server.as_("viewer-red"),
        "GET",
        "/tenants",
        lambda breaker: {"headers": {"User-Agent": f"browser{breaker}"}},
    )


def log_in_becomes_sql(server) -> bool:
    body = {"username": "nobody" + BREAKER, "password": "nothing at all"}
    return server.as_(None).post("/auth/login", body).status_code == 500


PROBES = {
    "CG-INJ-001": {
        "sql-sort-concat": sort_becomes_sql,
        "sql-search-like-concat": interface_search_becomes_sql,
        "sql-body-name-concat": site_name_becomes_sql,
        "sql-limit-concat": asked(
            "prefix_limit_becomes_sql", "/prefixes", limit=("5", "5+1/(1-1)")
        ),
        "sql-path-id-concat": rack_path_becomes_sql,
        "sql-number-hand-quoted": asked(
            "interface_number_becomes_sql", "/interfaces", device_id=("1", f"1{NUMBER}")
        ),
        "sql-sort-column-unescaped": asked(
            "site_column_becomes_sql", "/sites", sort=("name", 'name", 1/(1-1), "name')
        ),
        "sql-search-swallowed": rack_search_becomes_sql,
        "sql-custom-filter-path": asked(
            "custom_field_becomes_sql",
            "/devices",
            custom=("owner:a", "owner:a' and 1=1/0 and '1'='1"),
        ),
        "sql-stored-vlan-name": stored_vlan_becomes_sql,
        "sql-nested-execute": asked(
            "address_name_becomes_sql", "/ip-addresses", dns_name=("a", f"a{BREAKER}")
        ),
        "sql-export-copy": asked(
            "export_becomes_sql", "/devices/export", q=("core", f"core{BREAKER}")
        ),
        "sql-dollar-quoted": asked(
            "model_becomes_sql", "/device-types", model=("a", "a$q$ and 1=1/0 and $q$1$q$=$q$1")
        ),
        "sql-json-key-concat": asked(
            "change_key_becomes_sql",
            "/changes",
            action=("update", "a' is not null and 1=1/0 and '1'='1"),
        ),
        "sql-agent-concat": agent_becomes_sql,
        "sql-list-joined": asked(
            "role_becomes_sql", "/devices", role=("core", "core') and 1=1/0 and ('1'='1")
        ),
        "sql-login-name-concat": log_in_becomes_sql,
        "": filters_become_sql,
    },
}
