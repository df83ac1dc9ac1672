"""Regions and locations, on a real server."""

from __future__ import annotations

import concurrent.futures

import pytest


@pytest.fixture
def add(red, unique):
    """Makes an object of red's."""

    def make(path: str, **fields) -> dict:
        answer = red.post(path, {"name": unique()} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def site(add) -> int:
    return add("/sites", region="emea")["id"]


def wrong(answer, field: str) -> bool:
    return answer.status_code == 422 and answer.json()["errors"][0]["field"] == field


def test_regions_are_a_tree_with_sites_in_it(red, add):
    world = add("/regions")
    part = add("/regions", parent_id=world["id"])
    assert part["parent_id"] == world["id"]
    within = add("/sites", region="emea", region_id=part["id"])
    assert red.get("/sites", region_id=part["id"]).json()["items"] == [within]
    assert red.get("/regions", parent_id=world["id"]).json()["items"] == [part]
    assert red.delete(f"/regions/{world['id']}").status_code == 409
    assert red.delete(f"/regions/{part['id']}").status_code == 409
    left = red.patch(f"/sites/{within['id']}", {"region_id": None}).json()
    assert (left["region"], left["region_id"]) == ("emea", None)
    assert red.delete(f"/regions/{part['id']}").status_code == 204


@pytest.mark.parametrize("path", ["/regions", "/locations"], ids=["regions", "locations"])
def test_nothing_lies_within_itself(red, add, site, path):
    fields = {"site_id": site} if path == "/locations" else {}
    top = add(path, **fields)["id"]
    middle = add(path, parent_id=top, **fields)["id"]
    bottom = add(path, parent_id=middle, **fields)["id"]
    for below in (top, middle, bottom):
        assert wrong(red.patch(f"{path}/{top}", {"parent_id": below}), "parent_id")
    assert red.patch(f"{path}/{bottom}", {"parent_id": top}).status_code == 200
    assert red.patch(f"{path}/{middle}", {"parent_id": bottom}).status_code == 200


def test_two_who_move_at_once_make_no_circle(red, add):
    for _ in range(5):
        one, other = add("/regions")["id"], add("/regions")["id"]
        moves = [(one, other), (other, one)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            work = [pool.submit(red.patch, f"/regions/{a}", {"parent_id": b}) for a, b in moves]
        assert sorted(done.result().status_code for done in work) == [200, 422]


def test_names_are_unique_among_those_that_lie_together(red, add):
    first = add("/regions")
    twin = {"name": first["name"]}
    assert red.post("/regions", twin).status_code == 409
    assert red.post("/regions", twin | {"parent_id": first["id"]}).status_code == 201


def test_racks_and_devices_stand_in_locations_of_their_site(red, add, site, device_body):
    room = add("/locations", site_id=site)
    rack = add("/racks", site_id=site, location_id=room["id"])
    assert (rack["location_id"], rack["location"]) == (room["id"], room["name"])
    device = red.post("/devices", device_body(site_id=site, location_id=room["id"])).json()
    assert device["location"] == room["name"]
    for path, item in (("/racks", rack), ("/devices", device)):
        assert red.get(path, location_id=room["id"]).json()["items"] == [item]
        # Whoever changes one of the two has to change the other.
        assert wrong(red.patch(f"{path}/{item['id']}", {"site_id": 1}), "location_id")
    elsewhere = add("/locations", site_id=1)["id"]
    assert wrong(red.patch(f"/racks/{rack['id']}", {"location_id": elsewhere}), "location_id")
    assert wrong(red.post("/devices", device_body(location_id=room["id"])), "location_id")
    moved = {"site_id": 1, "location_id": elsewhere}
    assert red.patch(f"/racks/{rack['id']}", moved).json()["location_id"] == elsewhere


def test_devices_move_in_bulk_only_where_they_may(red, add, site, device_body):
    room = add("/locations", site_id=site)["id"]
    numbers = [red.post("/devices", device_body(site_id=s)).json()["id"] for s in (site, 1)]
    patches = [{"id": number, "location_id": room} for number in numbers]
    assert wrong(red("PATCH", "/devices/bulk", json=patches), "location_id")
    assert red("PATCH", "/devices/bulk", json=patches[:1]).status_code == 200


def test_location_does_not_leave_what_stands_in_it(red, add, site):
    room = add("/locations", site_id=site)["id"]
    for path in ("/racks", "/locations"):
        inside = {"location_id": room} if path == "/racks" else {"parent_id": room}
        number = add(path, site_id=site, **inside)["id"]
        assert red.patch(f"/locations/{room}", {"site_id": 1}).status_code == 409
        assert red.delete(f"/locations/{room}").status_code == 409
        assert red.delete(f"{path}/{number}").status_code == 204
    assert red.patch(f"/locations/{room}", {"site_id": 1}).json()["site_id"] == 1


def test_parent_of_a_location_is_of_its_site(red, add, site, unique):
    elsewhere = add("/locations", site_id=1)["id"]
    body = {"name": unique(), "site_id": site, "parent_id": elsewhere}
    assert wrong(red.post("/locations", body), "parent_id")


def test_places_are_their_tenants_own(blue, add, site, unique):
    region, room = add("/regions")["id"], add("/locations", site_id=site)["id"]
    for path in (f"/regions/{region}", f"/locations/{room}"):
        answers = [blue.get(path), blue.patch(path, {"name": "x"}), blue.delete(path)]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    body = {"name": unique(), "region": "emea"}
    for number in (region, 999_999_999):
        assert wrong(blue.post("/sites", body | {"region_id": number}), "region_id")
        part = {"name": unique(), "parent_id": number}
        assert wrong(blue.post("/regions", part), "parent_id")
        place = {"name": unique(), "site_id": 2, "location_id": number}
        assert wrong(blue.post("/racks", place), "location_id")
    assert blue.get("/locations", site_id=site).json()["items"] == []


def test_move_is_in_the_change_log(red, add):
    world, part = add("/regions"), add("/regions")
    moved = red.patch(f"/regions/{part['id']}", {"parent_id": world["id"]}).json()
    (newest, *_) = red.get("/changes", object_type="regions", object_id=part["id"]).json()["items"]
    assert (newest["action"], newest["before"], newest["after"]) == ("update", part, moved)


def test_seeded_places_fit(admin):
    racks = admin.get("/racks", limit=1000).json()["items"]
    rooms = {one["id"]: one for one in admin.get("/locations", limit=1000).json()["items"]}
    seeded = [rack for rack in racks if rack["name"].startswith("R0")]
    assert seeded
    assert all(rooms[rack["location_id"]]["site_id"] == rack["site_id"] for rack in seeded)
    assert all(rooms[rack["location_id"]]["tenant_id"] == rack["tenant_id"] for rack in seeded)
    regions = {one["id"]: one for one in admin.get("/regions", limit=1000).json()["items"]}
    sites = [s for s in admin.get("/sites", limit=1000).json()["items"] if s["region_id"]]
    owners = {(s["tenant_id"], regions[s["region_id"]]["tenant_id"]) for s in sites}
    assert owners
    assert all(one == other for one, other in owners)
