"""What is cached, what a write makes a miss, and who is served what."""

from __future__ import annotations

import asyncio

import pytest

from refcmdb.services.cache import CacheManager


@pytest.fixture
def devices(red, device_body) -> list[str]:
    """The paths of two devices of red."""
    return [f"/devices/{red.post('/devices', device_body()).json()['id']}" for _ in range(2)]


@pytest.fixture
def warm(viewer, red, blue, admin):
    """Reads paths until they are cached, and tells which of them still are."""
    clients = {"red": viewer, "operator": red, "blue": blue, "admin": admin}

    def read(name: str) -> str:
        who, _, path = name.partition(" ")
        return clients[who].get(path).headers["X-Cache"]

    def cached(*names: str) -> set[str]:
        return {name for name in names if read(name) == "hit"}

    def warm(*names: str):
        for name in names:
            read(name)
        assert cached(*names) == set(names)
        return lambda: cached(*names)

    return warm


def test_repeated_read_is_a_hit_with_the_same_body(viewer, devices):
    answers = [viewer.get(devices[0]) for _ in range(2)]
    assert [answer.headers["X-Cache"] for answer in answers] == ["miss", "hit"]
    assert answers[0].content == answers[1].content


def test_known_etag_is_answered_with_304(viewer, devices):
    etag = viewer.get(devices[0]).headers["ETag"]
    again = viewer("GET", devices[0], headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_patch_invalidates_what_shows_the_device_and_nothing_else(warm, red, devices):
    changed, other = devices
    unaffected = {
        f"red {other}",
        "red /sites",
        "red /interfaces",
        "admin /racks",
        "blue /devices",
        "blue /changes",
    }
    still = warm(
        *unaffected,
        *(f"red {changed}", f"operator {changed}", f"admin {changed}"),
        *("red /devices", "admin /devices", "red /changes", "admin /changes"),
    )
    red.patch(changed, {"comments": "new"})
    assert still() == unaffected


def test_rename_invalidates_who_shows_the_name(warm, red, devices, unique):
    still = warm("red /interfaces", "blue /interfaces", "red /sites")
    red.patch(devices[0], {"name": unique()})
    assert still() == {"blue /interfaces", "red /sites"}


def test_rename_of_a_site_shows_in_its_devices_at_once(viewer, red, device_body, unique):
    site = red.post("/sites", {"name": unique(), "region": "x"}).json()
    device = red.post("/devices", device_body(site_id=site["id"])).json()
    path, name = f"/devices/{device['id']}", unique()
    viewer.get(path)
    red.patch(f"/sites/{site['id']}", {"name": name})
    assert viewer.get(path).json()["site"] == name


def test_rename_of_a_tag_shows_in_its_devices_at_once(viewer, red, admin, device_body, unique):
    tag = admin.post("/tags", {"name": unique()}).json()
    device = red.post("/devices", device_body(tags=[tag["name"]])).json()
    path, name = f"/devices/{device['id']}", unique()
    viewer.get(path)
    admin.patch(f"/tags/{tag['id']}", {"name": name})
    assert viewer.get(path).json()["tags"] == [name]


def test_create_and_delete_invalidate_lists_but_no_other_detail(warm, red, devices, device_body):
    still = warm(f"red {devices[0]}", "red /devices", "blue /devices")
    number = red.post("/devices", device_body()).json()["id"]
    assert still() == {f"red {devices[0]}", "blue /devices"}
    red.delete(f"/devices/{number}")
    assert still() == {f"red {devices[0]}", "blue /devices"}


def test_no_tenant_is_served_anothers_list(viewer, blue, admin):
    lists = [client.get("/devices", limit=5, sort="-name") for client in (viewer, blue, admin) * 2]
    assert [answer.headers["X-Cache"] for answer in lists[3:]] == ["hit"] * 3
    owners = [{item["tenant_id"] for item in answer.json()["items"]} for answer in lists[:2]]
    assert owners == [{1}, {2}]


def test_refused_write_invalidates_nothing(warm, red, viewer, devices):
    still = warm(f"red {devices[0]}", "red /devices")
    assert red.patch(devices[0], {"status": "bogus"}).status_code == 422
    assert viewer.patch(devices[0], {"status": "planned"}).status_code == 403
    assert len(still()) == 2


def test_without_a_cache_everything_is_answered_uncached(start_server):
    with start_server(redis_url="") as server:
        client = server.as_("viewer-red")
        answers = [client.get("/devices/1") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [answer.headers["X-Cache"] for answer in answers] == ["miss", "miss"]
        assert server.as_("operator-red").patch("/devices/1", {}).status_code == 200
        assert client.get("//health").json()["status"] == "ok"


def test_answer_computed_before_a_write_is_not_served_after_it(redis_socket):
    async def scenario() -> bytes | None:
        cache = CacheManager(f"unix://{redis_socket}?db=998", ttl_s=60)
        early = await cache.lookup("key", ["tag"])
        await cache.invalidate(["tag"])
        await cache.store(early, b"stale")
        found = await cache.lookup("key", ["tag"])
        await cache.close()
        return found.body

    assert asyncio.run(scenario()) is None
