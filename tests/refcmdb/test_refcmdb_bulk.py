"""Many devices changed or removed at once: all of them, or none."""

from __future__ import annotations

import pytest


@pytest.fixture
def devices(red, device_body) -> list[dict]:
    bodies = [device_body(tags=["edge"]) for _ in range(3)]
    return red.post("/devices/bulk", bodies).json()["items"]


def bulk(client, method, body):
    return client(method, "/devices/bulk", json=body)


def log_of(client, device):
    changes = client.get("/changes", object_type="devices", object_id=device["id"])
    return changes.json()["items"]


def test_each_object_gets_its_own_fields(red, devices, unique):
    first, second, third = devices
    name = unique()
    patches = [
        {"id": third["id"], "name": name, "tags": []},
        {"id": first["id"], "comments": "a", "rack_id": None},
        {"id": second["id"], "comments": "b", "rack_id": 1},
    ]
    answer = bulk(red, "PATCH", patches)
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["id"] for item in items] == [device["id"] for device in devices]
    assert [item["comments"] for item in items] == ["a", "b", ""]
    assert [item["rack_id"] for item in items] == [None, 1, None]
    assert (items[2]["name"], items[2]["tags"], items[0]["tags"]) == (name, [], ["edge"])
    assert [red.get(f"/devices/{item['id']}").json() for item in items] == items


def test_statements_do_not_grow_with_the_number_of_objects(red, device_body, postgres):
    bodies = [device_body() for _ in range(40)]
    numbers = [item["id"] for item in red.post("/devices/bulk", bodies).json()["items"]]
    counts = []
    for some in (numbers[:2], numbers):
        with postgres.plans() as plans:
            patches = [{"id": number, "status": "offline"} for number in some]
            assert bulk(red, "PATCH", patches).status_code == 200
        counts.append(sum("devices" in plan for plan in plans))
    assert counts[0] == counts[1]


def test_bulk_changes_are_in_the_log_with_one_request_id(red, devices):
    patches = [{"id": device["id"], "status": "offline"} for device in devices]
    items = bulk(red, "PATCH", patches).json()["items"]
    newest = [log_of(red, device)[0] for device in devices]
    assert [change["action"] for change in newest] == ["update"] * 3
    assert [(change["before"], change["after"]) for change in newest] == list(
        zip(devices, items, strict=True)
    )
    assert len({change["request_id"] for change in newest}) == 1


def test_object_without_changes_is_not_in_the_log(red, devices):
    first, second, _ = devices
    answer = bulk(red, "PATCH", [{"id": first["id"]}, {"id": second["id"], "comments": "x"}])
    assert answer.json()["items"][0] == first
    assert [len(log_of(red, device)) for device in (first, second)] == [1, 2]


def test_one_wrong_patch_changes_nothing(red, blue, devices, device_body):
    foreign = blue.post("/devices", device_body(site_id=2)).json()
    first, second, _ = devices
    good = {"id": first["id"], "comments": "x"}
    wrong = (
        ({"id": foreign["id"], "comments": "x"}, 404),
        ({"id": 999_999_999, "comments": "x"}, 404),
        ({"id": second["id"], "site_id": 2}, 422),
        ({"id": second["id"], "name": first["name"]}, 409),
        ({"id": second["id"], "tags": ["no such tag"]}, 422),
        ({"id": second["id"], "status": "bogus"}, 422),
        ({"id": second["id"], "tenant_id": 2}, 422),
        ({"id": first["id"], "comments": "y"}, 422),
        ({"comments": "y"}, 422),
    )
    for patch, status in wrong:
        assert bulk(red, "PATCH", [good, patch]).status_code == status
    assert red.get(f"/devices/{first['id']}").json() == first
    assert blue.get(f"/devices/{foreign['id']}").json() == foreign


def test_bulk_delete_removes_all(red, devices):
    answer = bulk(red, "DELETE", [{"id": device["id"]} for device in devices])
    assert (answer.status_code, answer.content) == (204, b"")
    for device in devices:
        assert red.get(f"/devices/{device['id']}").status_code == 404
        assert log_of(red, device)[0]["action"] == "delete"
        assert log_of(red, device)[0]["before"] == device


def test_one_object_that_cannot_go_keeps_all(red, blue, devices, device_body):
    foreign = blue.post("/devices", device_body(site_id=2)).json()
    used = red.get("/interfaces", limit=1).json()["items"][0]["device_id"]
    first = {"id": devices[0]["id"]}
    for number, status in ((foreign["id"], 404), (999_999_999, 404), (used, 409)):
        assert bulk(red, "DELETE", [first, {"id": number}]).status_code == status
    assert bulk(red, "DELETE", [first, first]).status_code == 422
    assert red.get(f"/devices/{first['id']}").json() == devices[0]
    assert blue.get(f"/devices/{foreign['id']}").json() == foreign


@pytest.mark.parametrize(
    "body", [[], {}, [1], [{"id": 0}], [{"id": 1}] * 1001, None], ids=lambda body: str(body)[:20]
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_wrong_bulk_body_is_refused(red, method, body):
    assert bulk(red, method, body).status_code in {415, 422}


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_viewer_may_not_write_in_bulk(viewer, devices, method):
    assert bulk(viewer, method, [{"id": devices[0]["id"]}]).status_code == 403


def test_cached_answers_follow_a_bulk_write(red, devices):
    path = f"/devices/{devices[1]['id']}"
    assert red.get(path).json()["comments"] == ""
    listed = red.get("/devices", sort="-id", limit=3).json()
    bulk(red, "PATCH", [{"id": device["id"], "comments": "new"} for device in devices])
    assert red.get(path).json()["comments"] == "new"
    again = red.get("/devices", sort="-id", limit=3).json()
    assert listed != again
