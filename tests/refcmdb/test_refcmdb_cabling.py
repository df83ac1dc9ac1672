"""Cables, the path of a line and the impact of a failure, on a real server."""

from __future__ import annotations

import concurrent.futures
import itertools

import pytest


@pytest.fixture
def new_device(red, device_body):
    def make(ports=2, **fields):
        """A device and the ids of its ports."""
        device = red.post("/devices", device_body(**{"role": "access"} | fields)).json()["id"]
        bodies = [{"device_id": device, "name": f"e{number}"} for number in range(ports)]
        return device, [red.post("/interfaces", body).json()["id"] for body in bodies]

    return make


@pytest.fixture
def connect(red):
    def make(a, b):
        answer = red.post("/cables", {"a_interface_id": a, "b_interface_id": b})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return make


@pytest.fixture
def lead_through(red):
    def make(one, other):
        assert red.patch(f"/interfaces/{one}", {"through_id": other}).status_code == 200

    return make


def path_from(client, number, **query):
    answer = client.get(f"/interfaces/{number}/trace", **query)
    assert answer.status_code == 200
    found = answer.json()
    return [hop["interface_id"] for hop in found["items"]], found["looped"], found["truncated"]


def impact_of(client, device, **query):
    answer = client.get(f"/devices/{device}/impact", **query)
    assert answer.status_code == 200
    found = answer.json()
    shown = {item["id"]: (item["distance"], item["cut_off"]) for item in found["items"]}
    return shown, found


def test_interface_has_one_cable_at_most(red, new_device, connect):
    _, (one, two, three) = new_device(ports=3)
    first = connect(one, two)
    for a, b in ((one, three), (three, one), (two, three), (three, two), (two, one)):
        taken = red.post("/cables", {"a_interface_id": a, "b_interface_id": b})
        assert taken.status_code == 409
    itself = red.post("/cables", {"a_interface_id": three, "b_interface_id": three})
    assert itself.status_code == 422
    # Its own ends are no obstacle to a cable that is changed.
    assert red.patch(f"/cables/{first}", {"b_interface_id": three}).status_code == 200
    assert red.patch(f"/cables/{first}", {"b_interface_id": one}).status_code == 422
    connect(two, new_device()[1][0])
    assert red.patch(f"/cables/{first}", {"b_interface_id": two}).status_code == 409
    assert red.delete(f"/interfaces/{three}").status_code == 409


def test_of_cables_to_the_same_interface_one_comes_to_be(red, new_device):
    _, (end,) = new_device(ports=1)
    _, others = new_device(ports=6)
    pairs = [(end, other) if other % 2 else (other, end) for other in others]
    bodies = [{"a_interface_id": a, "b_interface_id": b} for a, b in pairs]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        statuses = sorted(
            a.status_code for a in pool.map(lambda b: red.post("/cables", b), bodies)
        )
    assert statuses == [201] + [409] * 5


def test_cable_does_not_lead_to_another_tenant(red, blue, new_device):
    _, (own,) = new_device(ports=1)
    foreign = blue.get("/interfaces", limit=1).json()["items"][0]["id"]
    answers = [
        red.post("/cables", {"a_interface_id": own, "b_interface_id": number})
        for number in (foreign, 999_999_999)
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    assert red.patch(f"/interfaces/{own}", {"through_id": foreign}).status_code == 422


def test_path_goes_through_panels_to_its_end(red, new_device, connect, lead_through):
    _, (start, _) = new_device()
    _, (front, back) = new_device()
    _, (rear, face) = new_device()
    _, (end, _) = new_device()
    cables = [connect(start, front), connect(rear, back), connect(face, end)]
    lead_through(front, back)
    lead_through(face, rear)  # named from the other side
    whole = [start, front, back, rear, face, end]
    assert path_from(red, start) == (whole, False, False)
    assert path_from(red, end) == (whole[::-1], False, False)
    hops = red.get(f"/interfaces/{start}/trace").json()["items"]
    assert [hop["cable_id"] for hop in hops] == [
        None,
        cables[0],
        None,
        cables[1],
        None,
        cables[2],
    ]
    assert hops[1]["interface"] == "e0"


def test_path_is_cut_at_its_depth(red, new_device, connect, lead_through):
    _, (start,) = new_device(ports=1)
    _, (front, back) = new_device()
    _, (end,) = new_device(ports=1)
    connect(start, front)
    connect(back, end)
    lead_through(front, back)
    assert path_from(red, start, depth=1) == ([start, front], False, True)
    assert path_from(red, start, depth=2) == ([start, front, back], False, True)
    assert path_from(red, start, depth=3) == ([start, front, back, end], False, False)


def test_loop_ends(red, new_device, connect, lead_through):
    panels = [new_device()[1] for _ in range(3)]
    for (front, back), (following, _) in zip(panels, [*panels[1:], panels[0]], strict=True):
        lead_through(front, back)
        connect(back, following)
    start = panels[0][1]
    numbers, looped, truncated = path_from(red, start, depth=100)
    assert (len(numbers), looped, truncated) == (6, True, False)
    assert numbers[0] == start
    assert set(numbers) == {number for panel in panels for number in panel}


def test_uncabled_interface_is_its_own_path(red, new_device):
    _, (alone,) = new_device(ports=1)
    assert path_from(red, alone) == ([alone], False, False)


def test_line_goes_on_within_the_device_only(red, new_device):
    _, (one, two) = new_device()
    _, (elsewhere,) = new_device(ports=1)
    wrong = red.patch(f"/interfaces/{one}", {"through_id": elsewhere})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "through_id")
    assert red.patch(f"/interfaces/{one}", {"through_id": two}).status_code == 200


def test_cached_path_follows_the_cable(red, new_device, connect):
    _, (start, _) = new_device()
    _, (end, other) = new_device()
    number = connect(start, end)
    assert path_from(red, start)[0] == [start, end]
    red.patch(f"/cables/{number}", {"b_interface_id": other})
    assert path_from(red, start)[0] == [start, other]
    red.delete(f"/cables/{number}")
    assert path_from(red, start)[0] == [start]


def test_impact_tells_who_is_cut_off(red, new_device, connect):
    """router - core - failing - below - last, and beside it: failing - ring - router."""
    router, router_ports = new_device(role="router")
    core, core_ports = new_device(role="core")
    failing, ports = new_device(ports=3, role="distribution", rack_id=1)
    below, below_ports = new_device()
    last, (last_port,) = new_device(ports=1, role="server")
    ring, ring_ports = new_device()
    connect(router_ports[0], core_ports[0])
    connect(core_ports[1], ports[0])
    connect(below_ports[0], ports[1])
    connect(below_ports[1], last_port)
    connect(ports[2], ring_ports[0])
    connect(ring_ports[1], router_ports[1])
    for port in (ports[0], last_port, core_ports[0]):
        red.post(
            "/ip-addresses",
            {"address": f"12.0.{port >> 8 & 255}.{port & 255}", "interface_id": port},
        )
    shown, found = impact_of(red, failing)
    assert shown == {
        core: (1, False),
        below: (1, True),
        ring: (1, False),
        last: (2, True),
        router: (2, False),
    }
    assert [item["distance"] for item in found["items"]] == [1, 1, 1, 2, 2]
    assert (found["cut_off"], found["addresses"]) == (2, 2)
    assert (found["sites"], found["racks"], found["truncated"]) == (1, 1, False)


def test_impact_says_what_it_did_not_see(red, new_device, connect):
    chain = [new_device() for _ in range(5)]
    for (_, ports), (_, following) in itertools.pairwise(chain):
        connect(ports[1], following[0])
    devices = [device for device, _ in chain]
    shown, found = impact_of(red, devices[0], depth=2)
    assert shown == {devices[1]: (1, None), devices[2]: (2, None)}
    assert found["truncated"]
    shown, found = impact_of(red, devices[0], depth=5)
    assert shown == {device: (place, True) for place, device in enumerate(devices[1:], 1)}
    assert not found["truncated"]
    shown, found = impact_of(red, devices[2], depth=5, limit=2)
    assert (set(shown), found["truncated"]) == ({devices[1], devices[3]}, True)
    assert {cut_off for _, cut_off in shown.values()} == {None}


def test_ring_of_cables_ends(red, new_device, connect):
    ring = [new_device() for _ in range(4)]
    for (_, ports), (_, following) in zip(ring, [*ring[1:], ring[0]], strict=True):
        connect(ports[1], following[0])
    shown, found = impact_of(red, ring[0][0], depth=10)
    assert sorted(distance for distance, _ in shown.values()) == [1, 1, 2]
    assert not found["truncated"]


def test_device_without_cables_has_no_impact_on_others(red, new_device):
    device, _ = new_device()
    shown, found = impact_of(red, device)
    assert (shown, found["cut_off"], found["sites"]) == ({}, 0, 1)


def test_seeded_sites_are_trees(viewer):
    shown, found = impact_of(viewer, 1, depth=10)
    assert len(shown) > 10
    assert {item["site_id"] for item in found["items"]} == {1}
    assert {distance for distance, _ in shown.values()} == {1, 2, 3, 4}


@pytest.mark.parametrize("path", ["/interfaces/{}/trace", "/devices/{}/impact"])
def test_foreign_object_is_answered_like_a_missing_one(red, blue, new_device, path):
    device, (port,) = new_device(ports=1)
    number = port if "interfaces" in path else device
    assert red.get(path.format(number)).status_code == 200
    answers = [blue.get(path.format(wanted)) for wanted in (number, 999_999_999)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "query", [{"depth": 0}, {"depth": 101}, {"depth": "x"}, {"limit": -1}, {"q": "abc"}], ids=str
)
def test_wrong_query_is_refused(viewer, query):
    for path in ("/interfaces/1/trace", "/devices/1/impact"):
        assert viewer.get(path, **query).status_code == 422


def test_path_and_impact_read_by_index(red, postgres, new_device, connect):
    """The server of the tests has ``enable_seqscan`` off: what still reads so has no index."""
    device, (one, _) = new_device()
    connect(one, new_device()[1][0])
    with postgres.plans() as plans:
        path_from(red, one)
        impact_of(red, device)
    assert [plan for plan in plans if "cables" in plan]
    assert not [plan for plan in plans if "Seq Scan" in plan]
