"""Accounts that are held to a part of their tenant, on a real server."""

from __future__ import annotations

import csv
import io
import re

import psycopg
import pytest
import requests
from psycopg.rows import dict_row
from servers import Client

from refcmdb import models
from refcmdb.api.registry import RESOURCES

TENANT = "red"
OWNED = [one for one in RESOURCES.values() if one.scoped and one.body and not one.personal]


@pytest.fixture(scope="module")
def database_url(new_database, seeded):
    return new_database(template=seeded.database)


@pytest.fixture(scope="module")
def red(door):
    return door.as_("operator-red")


@pytest.fixture(scope="module")
def tenant(red):
    """The name of red's tenant."""
    return red.get("/sites", limit=1).json()["items"][0]["tenant"]


@pytest.fixture
def held_to(told, door, tenant, unique):
    """Makes an operator of red who is held to something."""

    def make(*only: str, role: str = "operator") -> Client:
        name = unique("held")
        words = [word for each in only for word in ("--only", each)]
        told("users", name, "--role", role, "--tenant", tenant, *words)
        return Client(door.base, told("tokens", name)[name])

    return make


@pytest.fixture
def new_site(red, unique):
    return lambda: red.post("/sites", {"name": unique("site"), "region": "EU"}).json()["id"]


def every(client: Client, path: str, **query) -> list[dict]:
    """The items of all pages."""
    found, cursor = [], {}
    while True:
        answer = client.get(f"/{path}", limit=200, **query, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if not page["next"]:
            return found
        cursor = {"cursor": page["next"]}


def left(database_url: str, owner: int, held: dict[tuple[str, str], list]) -> dict[str, set[int]]:
    """What constraints leave, told from all rows: the meaning of it, in another language."""
    tables = {}
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        for resource in OWNED:
            query = f"SELECT * FROM {resource.name} WHERE tenant_id = {owner}"
            tables[resource.name] = {row["id"]: row for row in connection.execute(query)}
    shown = {
        name: {
            number
            for number, row in rows.items()
            if all(row[field] in values for (of, field), values in held.items() if of == name)
        }
        for name, rows in tables.items()
    }
    keys = [
        (name, column.name, key.column.table.name)
        for name in tables
        for column in models.metadata.tables[name].columns
        for key in column.foreign_keys
        if key.column.table.name in tables and key.column.table.name != name
    ]
    before = None
    while before != shown:
        before = {name: set(numbers) for name, numbers in shown.items()}
        for name, column, target in keys:
            rows = tables[name]
            shown[name] -= {
                n for n in shown[name] if rows[n][column] not in {None, *shown[target]}
            }
    return shown


@pytest.mark.parametrize(
    "held",
    [
        {("sites", "id"): ["1"]},
        {("devices", "status"): ["active"], ("devices", "role"): ["access", "core"]},
        {("sites", "status"): ["active"], ("vrfs", "name"): ["nobody's"]},
        {("racks", "id"): ["1", "2"]},
        {("interfaces", "name"): ["eth0", "Ethernet1"], ("prefixes", "status"): ["active"]},
        {("cables", "id"): ["1"], ("contacts", "kind"): ["person"]},
    ],
    ids=lambda held: " ".join(f"{table}.{field}" for table, field in held),
)
def test_lists_leave_out_what_refers_to_something_hidden(database_url, red, held_to, held):
    owner = red.get("/sites", limit=1).json()["items"][0]["tenant_id"]
    plain = {
        place: [int(value) if value.isdigit() else value for value in values]
        for place, values in held.items()
    }
    expected = left(database_url, owner, plain)
    only = [f"{table}.{field}={','.join(values)}" for (table, field), values in held.items()]
    client, hidden = held_to(*only, role="viewer"), 0
    for resource in OWNED:
        shown = {item["id"] for item in every(client, resource.path)}
        assert shown == expected[resource.name], resource.path
        counted = client.get(f"/{resource.path}", count="exact", limit=1).json()["count"]
        assert counted == len(shown)
        others = {item["id"] for item in every(red, resource.path)} - shown
        hidden += len(others)
        for number in sorted(others)[:3]:
            assert client.get(f"/{resource.path}/{number}").status_code == 404
    assert hidden


def test_change_log_shows_what_is_not_hidden(red, held_to, device_body, unique, new_site):
    site = new_site()
    there = red.post("/devices", device_body(site_id=site)).json()["id"]
    here = red.post("/devices", device_body()).json()["id"]
    gone = red.post("/devices", device_body()).json()["id"]
    red.delete(f"/devices/{gone}")
    vrf = red.post("/vrfs", {"name": unique("vrf")}).json()["id"]
    changes = every(held_to("sites.id=1"), "changes")
    seen = {(change["object_type"], change["object_id"]) for change in changes}
    assert seen >= {("devices", here), ("vrfs", vrf)}
    assert not seen & {("devices", there), ("devices", gone), ("sites", site)}
    assert {("devices", there), ("devices", gone)} <= {
        (change["object_type"], change["object_id"]) for change in every(red, "changes")
    }


def test_nobody_else_is_shown_what_was_cached_for_them(red, held_to, new_site):
    site = new_site()
    client = held_to(f"sites.id={site}")
    for reader, count in ((red, None), (client, 1), (red, None), (client, 1)):
        items = every(reader, "sites")
        assert len(items) == count if count else len(items) > 1
    # And another one's change is seen at once.
    red.patch(f"/sites/{site}", {"status": "planned"})
    assert [item["status"] for item in every(client, "sites")] == ["planned"]


@pytest.fixture
def elsewhere(red, device_body, new_site):
    """A device that is hidden from who is held to site 1, its interface and its site."""
    site = new_site()
    device = red.post("/devices", device_body(site_id=site)).json()["id"]
    port = red.post("/interfaces", {"device_id": device, "name": "e0"}).json()["id"]
    return device, port, site


def test_everything_around_a_hidden_device_is_hidden(red, held_to, elsewhere):
    device, port, site = elsewhere
    file = {"file": ("a.txt", b"text", "text/plain")}
    attachment = red("POST", f"/devices/{device}/attachments", files=file).json()["id"]
    paths = [
        f"/devices/{device}",
        f"/devices/{device}/impact",
        f"/devices/{device}/interfaces/{port}",
        f"/interfaces/{port}/trace",
        f"/sites/{site}/summary",
        f"/attachments/{attachment}/content",
    ]
    client = held_to("sites.id=1")
    assert [red.get(path).status_code for path in paths] == [200] * len(paths)
    assert [client.get(path).status_code for path in paths] == [404] * len(paths)
    assert client("POST", f"/devices/{device}/attachments", files=file).status_code == 404
    wanted = {"device_id": device, "expression": "ports"}
    assert client.post("/tools/compute", wanted).status_code == 422
    assert red.post("/tools/compute", wanted).status_code == 200


def test_paths_and_impact_end_where_hidden_devices_begin(red, held_to, device_body, elsewhere):
    there, far, _ = elsewhere
    middle = red.post("/devices", device_body()).json()["id"]
    start = red.post("/devices", device_body()).json()["id"]
    ends = [
        red.post("/interfaces", {"device_id": device, "name": name}).json()["id"]
        for device, name in ((start, "a"), (middle, "b"), (middle, "c"))
    ]
    red.patch(f"/interfaces/{ends[1]}", {"through_id": ends[2]})
    for a, b in ((ends[0], ends[1]), (ends[2], far)):
        assert red.post("/cables", {"a_interface_id": a, "b_interface_id": b}).status_code == 201
    client = held_to("sites.id=1")

    def walked(reader):
        trace = reader.get(f"/interfaces/{ends[0]}/trace").json()
        impact = reader.get(f"/devices/{start}/impact").json()
        hops = [hop["interface_id"] for hop in trace["items"]]
        return hops, trace["truncated"], {item["id"] for item in impact["items"]}

    assert walked(red) == ([*ends, far], False, {middle, there})
    assert walked(client) == (ends, True, {middle})


def test_prefix_tree_and_summary_count_what_is_seen(red, held_to, new_site, device_body):
    site, other = new_site(), new_site()
    for prefix, where in (("10.77.0.0/16", site), ("10.77.1.0/24", other), ("10.77.2.0/24", None)):
        body = {"prefix": prefix, "site_id": where}
        assert red.post("/prefixes", body).status_code == 201
    red.post("/devices", device_body(site_id=site, status="planned"))
    red.post("/devices", device_body(site_id=site, status="active"))
    client = held_to(f"sites.id={site}", "devices.status=active")
    (root,) = every(client, "prefixes", site_id=site)
    tree = client.get(f"/prefixes/{root['id']}/tree").json()
    assert [node["prefix"] for node in tree["items"]] == ["10.77.0.0/16", "10.77.2.0/24"]
    assert client.get(f"/sites/{site}/summary").json()["devices"] == 1
    assert red.get(f"/sites/{site}/summary").json()["devices"] == 2


def test_documents_and_reports_have_no_hidden_rows(red, held_to, device_body, new_site, unique):
    site = new_site()
    mine = device_body(site_id=site)
    red.post("/devices", mine)
    client = held_to(f"sites.id={site}")

    def rows(reader, path):
        return list(csv.DictReader(io.StringIO(reader.get(path).text)))

    assert [row["name"] for row in rows(client, "/devices/export")] == [mine["name"]]
    for reader in (red, client, red):
        total = sum(int(row["count"]) for row in rows(reader, "/reports/devices.csv"))
        assert total == 1 if reader is client else total > 1
    view = red.post(
        "/saved-views",
        {"name": unique(), "resource": "devices", "query": "limit=50", "shared": True},
    ).json()["id"]
    results = client.get(f"/saved-views/{view}/results").json()
    assert [item["name"] for item in results["items"]] == [mine["name"]]
    header = "name,serial,site,device_type,status\n"
    for place, status in ((str(site), 201), ("1", 422)):
        document = f"{header}{unique()},{unique()},{place},1,active\n"
        headers = {"Content-Type": "text/csv"}
        answer = client("POST", "/devices/import", data=document, headers=headers)
        assert answer.status_code == status, answer.text


def test_pages_for_people_show_nothing_hidden(door, told, tenant, unique, elsewhere, red):
    device, _, _ = elsewhere
    hidden = red.get(f"/devices/{device}").json()["name"]
    free, held = unique("eye"), unique("eye")
    made = told("users", free, "--tenant", tenant)
    made |= told("users", held, "--tenant", tenant, "--only", "sites.id=1")

    def shown(name):
        with requests.Session() as browser:
            form = {"username": name, "password": made[name]}
            browser.post(f"{door.base}/login", data=form, allow_redirects=False, timeout=15)
            found = browser.get(f"{door.base}/ui/devices", params={"q": hidden}, timeout=15)
            sheet = browser.get(f"{door.base}/ui/devices/{device}", timeout=15)
            read = browser.get(f"{door.base}/api/v1/devices/{device}", timeout=15)
        return f"/ui/devices/{device}" in found.text, sheet.status_code, read.status_code

    assert shown(free) == (True, 200, 200)
    assert shown(held) == (False, 404, 404)


def test_writes_reach_nothing_hidden_and_lead_nowhere_hidden(red, held_to, device_body, elsewhere):
    there, port, site = elsewhere
    client = held_to("sites.id=1", "devices.status=active,planned")
    device = client.post("/devices", device_body(status="active")).json()["id"]
    before = red.get(f"/devices/{there}").json(), red.get(f"/devices/{device}").json()
    refused = {
        "create there": client.post("/devices", device_body(status="active", site_id=site)),
        "create as one that is not seen": client.post("/devices", device_body(status="retired")),
        "refer to a hidden object": client.post(
            "/cables", {"a_interface_id": port, "b_interface_id": 1}
        ),
        "move there": client.patch(f"/devices/{device}", {"site_id": site}),
        "make one that is not seen": client.patch(f"/devices/{device}", {"status": "retired"}),
        "retire": client.post("/devices/retire", {"ids": [device]}),
        "change a hidden one": client.patch(f"/devices/{there}", {"comments": "mine"}),
        "delete a hidden one": client.delete(f"/devices/{there}"),
        "change many": client("PATCH", "/devices/bulk", json=[{"id": device}, {"id": there}]),
        "move many": client("PATCH", "/devices/bulk", json=[{"id": device, "status": "retired"}]),
        "delete many": client("DELETE", "/devices/bulk", json=[{"id": device}, {"id": there}]),
        "create many": client.post("/devices/bulk", [device_body(status="retired")]),
    }
    assert {name: answer.status_code for name, answer in refused.items()} == {
        "create there": 422,
        "create as one that is not seen": 403,
        "refer to a hidden object": 422,
        "move there": 422,
        "make one that is not seen": 403,
        "retire": 403,
        "change a hidden one": 404,
        "delete a hidden one": 404,
        "change many": 404,
        "move many": 403,
        "delete many": 404,
        "create many": 403,
    }
    assert (red.get(f"/devices/{there}").json(), red.get(f"/devices/{device}").json()) == before
    assert "outside of what this account" in refused["retire"].json()["detail"]
    assert client.patch(f"/devices/{device}", {"status": "planned"}).status_code == 200
    assert client.delete(f"/devices/{device}").status_code == 204


def test_who_sees_a_part_sets_up_nothing_that_is_told_all(held_to, unique):
    body = {"name": unique(), "url": "https://example.org/", "secret": "x" * 32}
    answer = held_to("sites.id=1").post("/webhooks", body)
    assert (answer.status_code, "constraints" in answer.json()["detail"]) == (403, True)


def test_constraints_come_and_go_without_a_restart(told, door, tenant, unique):
    name = unique("held")
    told("users", name, "--tenant", tenant)
    client = Client(door.base, told("tokens", name)[name])
    everything = len(every(client, "sites"))
    assert told("constrain", name, "--only", "sites.id=1") == {name: {"sites": {"id": ["1"]}}}
    assert len(every(client, "sites")) == 1
    assert told("constrain", name, "--all") == {name: {}}
    assert len(every(client, "sites")) == everything > 1


@pytest.mark.parametrize("stored", ['{"sites": {"id": ["x"]}}', '{"moons": {"id": [1]}}', "[]"])
def test_who_has_constraints_that_nobody_understands_sees_nothing(
    held_to, database_url, door, stored
):
    client = held_to("sites.id=1")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE users SET constraints = %s WHERE constraints IS NOT NULL", (stored,)
        )
    answer = client.get("/sites")
    assert (answer.status_code, "cannot be understood" in answer.json()["detail"]) == (403, True)
    assert "its constraints are wrong" in door.log.read_text()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["sites"], "takes RESOURCE.FIELD=VALUE,VALUE, not 'sites'"),
        (["moons.id=1"], "'moons' is no resource of tenants; these are: attachments, cables"),
        (["tags.id=1"], "'tags' is no resource of tenants"),
        (["changes.id=1"], "'changes' is no resource of tenants"),
        (["sites.colour=red"], "sites has no field 'colour' to hold to; it has id, name, region"),
        (["sites.id=one"], "sites.id: Expected `int`"),
        (["sites.id="], "sites.id: Expected `int`"),
        (["devices.status=broken"], "devices.status: Invalid enum value 'broken'"),
        (["prefixes.prefix=10.0.0.1/8"], "prefixes.prefix: 10.0.0.1/8 has host bits set"),
    ],
)
@pytest.mark.parametrize("command", [["users", "--tenant", "north"], ["constrain"]])
def test_wrong_constraints_are_refused_in_a_line(
    run_refcmdb, database_url, command, words, problem
):
    words = [*command, "nobody-yet", "--only", *words]
    done = run_refcmdb(*words, database_url=database_url, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert re.match(f"refcmdb: --only:? {re.escape(problem)}", done.stderr), done.stderr


def test_administrators_have_no_constraints(run_refcmdb, database_url):
    only = ("--only", "sites.id=1")
    made = run_refcmdb(
        "users", "boss", "--role", "admin", *only, database_url=database_url, check=False
    )
    assert (made.returncode, "administrators see all" in made.stderr) == (2, True)
    held = run_refcmdb("constrain", "admin", *only, database_url=database_url, check=False)
    assert (held.returncode, held.stderr) == (
        1,
        "refcmdb: there is no viewer or operator 'admin'; nobody was touched\n",
    )
