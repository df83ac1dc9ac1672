"""The API as its actors see it, on a real server."""

from __future__ import annotations

import concurrent.futures
import json
import time

import jsonschema
import pytest

PLAIN_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
COLLECTIONS = (
    *("tenants", "sites", "racks", "device-types", "devices", "interfaces", "prefixes"),
    *("ip-addresses", "vlans", "tags", "config-templates", "changes", "vrfs"),
    *("cables", "journal-entries"),
)


@pytest.fixture(scope="session")
def document(run_refcmdb) -> dict:
    return json.loads(run_refcmdb("openapi").stdout)


def problem_fields(response) -> list[str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    return [error["field"] for error in response.json().get("errors", [])]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_list_and_detail_are_what_the_document_says(collection, document, admin):
    page = admin.get(f"/{collection}", limit=3)
    item = admin.get(f"/{collection}/{page.json()['items'][0]['id']}")
    for path, answer in ((f"/{collection}", page), (f"/{collection}/{{id}}", item)):
        described = document["paths"][f"/api/v1{path}"]["get"]["responses"]["200"]
        schema = described["content"]["application/json"]["schema"]
        jsonschema.validate(
            answer.json(),
            schema | {"components": document["components"]},
            jsonschema.Draft202012Validator,
        )
    assert item.json() == page.json()["items"][0]


def test_document_is_served_as_printed(document, server):
    assert server.as_(None).get("/openapi.json").json() == document


def test_without_a_valid_token_there_is_nothing(server):
    for client in (server.as_(None), type(server.as_(None))(server.base, "rcm_wrong")):
        answer = client.get("/devices")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_viewer_may_not_write(viewer, device_body):
    for method, path in (("POST", "/devices"), ("PATCH", "/devices/1"), ("DELETE", "/devices/1")):
        assert viewer(method, path, json=device_body()).status_code == 403


def test_operator_may_not_write_what_tenants_share(red, unique):
    assert red.post("/tags", {"name": unique()}).status_code == 403
    assert red.patch("/tenants/1", {"description": "ours"}).status_code == 403


def test_foreign_object_is_answered_like_a_missing_one(red, blue, device_body):
    number = red.post("/devices", device_body()).json()["id"]
    for method in ("GET", "PATCH", "DELETE"):
        answers = [
            blue(method, f"/devices/{wanted}", json={} if method == "PATCH" else None)
            for wanted in (number, 999_999_999)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_lists_hold_only_the_actors_tenant(viewer, admin):
    for collection in ("sites", "racks", "devices", "interfaces", "prefixes", "vlans", "changes"):
        owners = {
            item["tenant_id"] for item in viewer.get(f"/{collection}", limit=1000).json()["items"]
        }
        assert owners == {1}
        everybody = admin.get(f"/{collection}", limit=1000).json()["items"]
        assert {item["tenant_id"] for item in everybody} > {1, 2}


def test_filter_by_a_foreign_tenant_finds_nothing(viewer):
    assert viewer.get("/devices", tenant_id=2).json() == {"items": [], "next": None}


def test_reference_to_a_foreign_object_is_refused(red, device_body):
    answer = red.post("/devices", device_body(site_id=2))
    assert answer.status_code == 422
    assert problem_fields(answer) == ["site_id"]
    missing = red.post("/devices", device_body(site_id=999_999))
    assert answer.json() == missing.json()


def test_foreign_owner_cannot_be_named(red, device_body):
    answer = red.post("/devices", device_body(tenant_id=2))
    assert answer.status_code == 422
    assert problem_fields(answer) == ["tenant_id"]


def test_admin_creates_for_the_owner_of_what_it_refers_to(admin, device_body):
    answer = admin.post("/devices", device_body(site_id=2))
    assert (answer.status_code, answer.json()["tenant"]) == (201, "blue")


def test_admin_cannot_mix_tenants(admin, device_body):
    answer = admin.post("/devices", device_body(site_id=2, tenant_id=1))
    assert problem_fields(answer) == ["site_id"]


def test_life_of_a_device_is_in_the_change_log(red, device_body, unique):
    created = red.post("/devices", device_body(tags=["edge", "core"]))
    assert created.status_code == 201
    device, path = created.json(), created.headers["Location"].removeprefix("/api/v1")
    assert (device["tags"], device["site"]) == (["core", "edge"], "amer-00001")
    changed = red.patch(path, {"comments": "a\nb", "tags": [], "asset_tag": unique()}).json()
    assert (changed["comments"], changed["tags"]) == ("a\nb", [])
    assert changed["updated_at"] > device["updated_at"]
    assert red.delete(path).status_code == 204
    assert red.get(path).status_code == 404
    log = red.get("/changes", object_type="devices", object_id=device["id"]).json()["items"]
    assert [change["action"] for change in log] == ["delete", "update", "create"]
    assert [change["user"] for change in log] == ["operator-red"] * 3
    assert (log[0]["before"], log[1]["after"], log[2]["before"]) == (changed, changed, None)


def test_empty_patch_changes_nothing(red, device_body):
    device = red.post("/devices", device_body()).json()
    assert red.patch(f"/devices/{device['id']}", {}).json() == device
    log = red.get("/changes", object_type="devices", object_id=device["id"]).json()["items"]
    assert len(log) == 1


def test_bulk_create_is_all_or_nothing(red, device_body):
    first, second = device_body(), device_body()
    refused = red.post("/devices/bulk", [first, second | {"site_id": 2}])
    assert problem_fields(refused) == ["[1].site_id"]
    foreign = first | {"site_id": 2}
    assert problem_fields(red.post("/devices/bulk", [foreign])) == ["[0].site_id"]
    assert problem_fields(red.post("/devices", foreign)) == ["site_id"]
    assert red.post("/devices/bulk", [first, first]).status_code == 409
    assert red.get("/devices", name=first["name"]).json()["items"] == []
    created = red.post("/devices/bulk", [first, second])
    assert created.status_code == 201
    assert [item["name"] for item in created.json()["items"]] == [first["name"], second["name"]]


def test_duplicate_is_a_conflict_in_its_tenant_only(red, blue, device_body):
    body = device_body()
    assert red.post("/devices", body).status_code == 201
    twin = red.post("/devices", body)
    assert twin.status_code == 409
    assert "name" in twin.json()["detail"]
    assert blue.post("/devices", body | {"site_id": 2}).status_code == 201


def test_what_others_refer_to_cannot_be_deleted(red, admin):
    assert red.delete("/sites/1").status_code == 409
    assert admin.delete("/device-types/1").status_code == 409
    assert admin.delete("/tags/1").status_code == 409


@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name", "serial", "-created_at"])
def test_pages_hold_every_item_once_and_in_order(viewer, sort):
    seen, cursor = [], {}
    while cursor is not None:
        page = viewer.get("/devices", sort=sort, limit=7, site_id=1, **cursor).json()
        seen += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None
    everything = viewer.get("/devices", sort=sort, limit=1000, site_id=1).json()["items"]
    keys = [(item[sort.removeprefix("-")], item["id"]) for item in seen]
    assert seen == everything
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_address_pages_go_on_where_the_last_one_ended(viewer):
    first = viewer.get("/ip-addresses", sort="address", limit=20).json()
    rest = viewer.get("/ip-addresses", sort="address", limit=20, cursor=first["next"]).json()
    both = viewer.get("/ip-addresses", sort="address", limit=40).json()
    assert first["items"] + rest["items"] == both["items"]


def test_cursor_is_good_for_its_own_query_only(viewer):
    cursor = viewer.get("/devices", limit=1).json()["next"]
    forged = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for parameters in ({"cursor": cursor, "sort": "name"}, {"cursor": forged}, {"cursor": "x"}):
        answer = viewer.get("/devices", **parameters)
        assert answer.status_code == 422
        assert problem_fields(answer) == ["cursor"]


def test_search_finds_substrings_and_takes_wildcards_literally(red, device_body):
    device = red.post("/devices", device_body(name=f"Odd_100%\\Name-{time.time_ns()}")).json()
    for text in ("odd_100%", "100%\\n", device["name"].upper()):
        found = red.get("/devices", q=text).json()["items"]
        assert [item["id"] for item in found] == [device["id"]]
    assert red.get("/devices", q="odd%name").json()["items"] == []


WRONG_QUERIES = (
    {"limit": 0},
    {"limit": 1001},
    {"limit": "ten"},
    {"q": "ab"},
    {"q": "a\0bc"},
    {"sort": "comments"},
    {"status": "broken"},
    {"site_id": 2**63},
    {"site_id": "9" * 5000},
    {"nonsense": 1},
    {"limit": [1, 2]},
)


@pytest.mark.parametrize("parameters", WRONG_QUERIES, ids=lambda p: str(p)[:40])
def test_wrong_query_is_refused(viewer, parameters):
    answer = viewer.get("/devices", **parameters)
    assert answer.status_code == 422
    assert problem_fields(answer)


WRONG_FIELDS = (
    {"name": ""},
    {"name": "x" * 101},
    {"name": "a\0b"},
    {"name": "a\n"},
    {"name": None},
    {"name": 7},
    {"serial": "\x1b[31m"},
    {"comments": "x" * 2001},
    {"comments": "\0"},
    {"status": "bogus"},
    {"site_id": 0},
    {"site_id": 2**63},
    {"site_id": 10**400},
    {"site_id": True},
    {"rack_id": "1"},
    {"tags": "edge"},
    {"tags": ["no such tag"]},
    {"tags": ["edge"] * 21},
    {"id": 1},
    {"colour": "red"},
)


@pytest.mark.parametrize("fields", WRONG_FIELDS, ids=lambda f: ascii(f)[:40])
def test_wrong_body_is_refused_and_writes_nothing(red, device_body, fields):
    body = device_body() | fields
    for answer in (red.post("/devices", body), red.patch("/devices/1", fields)):
        assert answer.status_code == 422
        assert problem_fields(answer)
    assert red.get("/changes", object_type="devices", object_id=1).json()["items"][1:] == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"name": "\\ud800"}', b'{"name": "\xff"}'])
def test_body_that_is_not_json_is_refused(red, raw):
    answer = red("POST", "/devices", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "fe80::1%eth0", "10.0.0.300", "::1/129", "10.0.0.0/8/8", 7]
)
def test_addresses_are_checked(red, address):
    answer = red.post("/ip-addresses", {"address": address})
    assert answer.status_code == (201 if address == "10.0.0.1" else 422)


def test_network_with_host_bits_is_refused(red):
    assert red.post("/prefixes", {"prefix": "10.0.0.1/24"}).status_code == 422


def test_other_media_types_and_large_bodies_are_refused(red):
    form = red("POST", "/devices", data={"name": "x"})
    assert form.status_code == 415
    large = red(
        "POST",
        "/devices",
        data=b"x" * (1024 * 1024 + 1),
        headers={"Content-Type": "application/json"},
    )
    assert large.status_code == 413
    pieces = (b"x" * 65536 for _ in range(17))
    chunked = red("POST", "/devices", data=pieces, headers={"Content-Type": "application/json"})
    assert chunked.status_code == 413


@pytest.mark.parametrize(
    "number", ["0", "-1", "01", "abc", "1.0", str(2**63), "9" * 5000, "%00", "٣"]
)
def test_number_that_cannot_be_one_is_missing(viewer, number):
    assert viewer.get(f"/devices/{number}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(("GET", "//", 200), ("GET", "//health", 200), ("GET", "/devices", 200)),
        *(("GET", "/nothing", 404), ("GET", "/devices/", 404), ("GET", "/devices/0", 404)),
        *(("PUT", "/devices", 405), ("OPTIONS", "/devices/1", 405), ("POST", "/devices", 403)),
    ],
)
def test_every_answer_carries_the_security_headers(viewer, method, path, status):
    answer = viewer(method, path)
    assert answer.status_code == status
    for name, value in PLAIN_HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert "Server" not in answer.headers
    assert answer.headers.get("Allow") or status != 405


def test_login_gives_a_token_and_logout_takes_it(server):
    nobody = server.as_(None)
    known = {"username": "admin", "password": server.passwords["admin"]}
    issued = nobody.post("/auth/login", known)
    assert issued.status_code == 200
    client = type(nobody)(server.base, issued.json()["token"])
    assert client.get("/devices").status_code == 200
    assert client("POST", "/auth/logout").status_code == 204
    assert client.get("/devices").status_code == 401
    wrong = [
        nobody.post("/auth/login", {"username": name, "password": "wrong"})
        for name in ("admin", "nobody")
    ]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].content == wrong[1].content


def test_simultaneous_creates_of_the_same_name_give_one_object(red, device_body):
    body = device_body()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: red.post("/devices", body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_server_stops_within_a_second_of_sigterm(start_server):
    with start_server() as server:
        server.as_("viewer-red").get("/devices")
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 1
        assert server.tokens["viewer-red"] not in server.log.read_text()
