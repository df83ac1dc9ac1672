"""Every fault shows on a server that carries it and not on a sound one; no twin shows."""

from __future__ import annotations

import json
import time
import uuid

import pytest

from refcmdb.faults import catalogue

ENTRIES = {entry["name"]: entry for entry in catalogue.entries()}


def token() -> str:
    return f"zq{uuid.uuid4().hex[:10]}"


def new_device(server, color: str = "red", **fields) -> dict:
    site = {"red": 1, "blue": 2}[color]
    body = {"name": token(), "serial": token(), "site_id": site, "device_type_id": 1}
    response = server.as_(f"operator-{color}").post("/devices", body | fields)
    assert response.status_code == 201, response.text
    return response.json()


def elapsed_s(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# What each check would see, in its simplest form: True is a violation.


def breaks_out(client, method: str, path: str, make_options) -> bool:
    """A condition that is always false, outside of the literal, hides what is there."""
    sound = client(method, path, **make_options(""))
    broken = client(method, path, **make_options("' and 1=1/0 and '1'='1"))
    return sound.status_code < 300 and broken.status_code == 500


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


def foreign_site_is_read(server) -> bool:
    name = token()
    site = server.as_("operator-blue").post("/sites", {"name": name, "region": "x"}).json()
    reply = server.as_("viewer-red").get(f"/sites/{site['id']}")
    return name in reply.text


def foreign_interfaces_are_listed(server) -> bool:
    reply = server.as_("viewer-red").get("/interfaces", tenant_id=2)
    return bool(reply.json()["items"])


def foreign_device_is_changed(server) -> bool:
    number = new_device(server, "blue")["id"]
    refused = server.as_("operator-red").patch(f"/devices/{number}", {"comments": "mine"})
    assert refused.status_code in {403, 404}
    return server.as_("viewer-blue").get(f"/devices/{number}").json()["comments"] == "mine"


def foreign_vlan_is_deleted(server) -> bool:
    vlans = server.as_("viewer-blue").get("/vlans", limit=1, sort="-id").json()["items"]
    server.as_("operator-red").delete(f"/vlans/{vlans[0]['id']}")
    return server.as_("viewer-blue").get(f"/vlans/{vlans[0]['id']}").status_code == 404


def headers_lack(server, path: str, status: int) -> bool:
    reply = server.as_("viewer-red").get(path)
    assert reply.status_code == status
    nosniff = reply.headers.get("X-Content-Type-Options", "").lower() == "nosniff"
    return not nosniff or "default-src 'none'" not in reply.headers.get(
        "Content-Security-Policy", ""
    )


def error_lacks_headers(server) -> bool:
    return headers_lack(server, "/devices/999999999", 404)


def page_lacks_headers(server) -> bool:
    return headers_lack(server, "//", 200)


def long_serial_is_500(server) -> bool:
    body = {"name": token(), "serial": "x" * 51, "site_id": 1, "device_type_id": 1}
    return server.as_("operator-red").post("/devices", body).status_code == 500


def refused_device_is_there(server) -> bool:
    name = token()
    body = {"name": name, "serial": name, "site_id": 1, "device_type_id": 1, "status": "no"}
    assert server.as_("operator-red").post("/devices", body).status_code == 422
    return bool(server.as_("operator-red").get("/devices", name=name).json()["items"])


def list_is_slow(server) -> bool:
    client = server.as_("viewer-red")
    return elapsed_s(lambda: client.get("/devices", q=token())) > 2


def search_is_slow(server) -> bool:
    client = server.as_("viewer-red")
    return elapsed_s(lambda: client.get("/devices", q=token())) > 0.5


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


def cached(server, user: str, path: str, **params) -> str:
    return server.as_(user).get(path, **params).headers["X-Cache"]


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
    "CG-INJ-001": {
        "sql-sort-concat": sort_becomes_sql,
        "sql-search-like-concat": interface_search_becomes_sql,
        "sql-body-name-concat": site_name_becomes_sql,
        "": filters_become_sql,
    },
    "CG-AUTHZ-001": {
        "authz-site-detail-unscoped": foreign_site_is_read,
        "authz-tenant-filter-overrides": foreign_interfaces_are_listed,
    },
    "CG-AUTHZ-002": {
        "authz-patch-then-check": foreign_device_is_changed,
        "authz-vlan-delete-unscoped": foreign_vlan_is_deleted,
    },
    "CG-HDR-001": {
        "headers-missing-on-errors": error_lacks_headers,
        "headers-missing-on-page": page_lacks_headers,
    },
    "CG-VAL-001": {
        "validation-serial-unchecked": long_serial_is_500,
        "validation-after-write": refused_device_is_there,
    },
    "CG-PERF-001": {"performance-slow-downstream": list_is_slow},
    "CG-PERF-002": {"performance-search-slow": search_is_slow},
    "CG-PLAN-001": {"plan-search-unindexed": search_reads_the_table},
    "CG-PLAN-002": {"plan-tags-per-device": statements_grow_with_the_page},
    "CG-CACHE-001": {
        "cache-stale-after-write": answer_is_stale,
        "cache-flushed-by-writes": other_answers_are_dropped,
        "cache-never-hits": repeated_read_is_a_miss,
    },
    "CG-CACHE-002": {"cache-key-without-tenant": foreign_answer_is_served},
}
FAULT_PROBES = {
    name: probe for probes in PROBES.values() for name, probe in probes.items() if name
}


def seen(probe, server, postgres) -> bool:
    needs_plans = "postgres" in probe.__code__.co_varnames[: probe.__code__.co_argcount]
    return probe(server, postgres) if needs_plans else probe(server)


def sightings(check: str, server, postgres) -> list[str]:
    return [probe.__name__ for probe in PROBES[check].values() if seen(probe, server, postgres)]


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if e["kind"] == "fault"])
def test_fault_shows_and_nothing_else_of_its_check(name, start_server, faulty_database, postgres):
    with start_server("--fault", name, database_url=faulty_database) as faulty:
        assert sightings(ENTRIES[name]["check"], faulty, postgres) == [FAULT_PROBES[name].__name__]
        assert "PLANTED" in faulty.log.read_text()


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if e["kind"] == "twin"])
def test_twin_is_sound(name, start_server, faulty_database, postgres):
    with start_server("--fault", name, database_url=faulty_database) as sound:
        assert sightings(ENTRIES[name]["check"], sound, postgres) == []


def test_sound_server_shows_no_fault(server, postgres):
    assert [found for check in PROBES for found in sightings(check, server, postgres)] == []


def test_every_check_has_a_fault_and_a_twin():
    kinds = {(entry["check"], entry["kind"]) for entry in ENTRIES.values()}
    assert kinds == {(check, kind) for check in PROBES for kind in ("fault", "twin")}


def test_faults_name_operations_of_the_document(run_refcmdb):
    document = json.loads(run_refcmdb("openapi").stdout)
    known = {
        operation["operationId"]
        for path in document["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    }
    listed = json.loads(run_refcmdb("faults").stdout)
    assert {entry["operation"] for entry in listed} <= known
    assert all(entry["summary"] for entry in listed)


def test_fault_is_refused_on_an_open_address(run_refcmdb, seeded_database):
    done = run_refcmdb(
        *("serve", "--host", "0.0.0.0", "--port", "0", "--fault", "sql-sort-concat"),
        database_url=seeded_database,
        check=False,
    )
    assert done.returncode == 2
    assert "loopback" in done.stderr


def test_unknown_fault_is_refused(run_refcmdb, seeded_database):
    done = run_refcmdb("serve", "--fault", "no-such", database_url=seeded_database, check=False)
    assert done.returncode == 2
    assert "there is no fault 'no-such'" in done.stderr
