"""Saved views, on a real server."""

from __future__ import annotations

import typing

import pytest

from refcmdb.api.registry import RESOURCES
from refcmdb.api.schemas.views import Listed


@pytest.fixture
def save(unique):
    """Saves a view as somebody."""

    def make(client, query: str = "", resource: str = "devices", **fields) -> dict:
        body = {"name": unique(), "resource": resource, "query": query} | fields
        answer = client.post("/saved-views", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


def test_view_shows_what_the_list_shows(red, save):
    view = save(red, "status=active&sort=-name&fields=id,name&limit=3&count=exact")
    asked = {"status": "active", "sort": "-name", "fields": "id,name", "limit": 3}
    path = f"/saved-views/{view['id']}/results"
    first = red.get(path).json()
    assert first == red.get("/devices", count="exact", **asked).json()
    second = red.get(path, cursor=first["next"]).json()
    assert second["items"] == red.get("/devices", cursor=first["next"], **asked).json()["items"]
    assert (view["user"], view["shared"]) == ("operator-red", False)


@pytest.mark.parametrize("resource", typing.get_args(Listed))
def test_every_list_can_be_saved(red, save, resource):
    view = save(red, "limit=2&sort=-id", resource)
    assert (
        red.get(f"/saved-views/{view['id']}/results").json()
        == red.get(f"/{resource}", limit=2, sort="-id").json()
    )


def test_views_know_every_resource():
    assert set(typing.get_args(Listed)) == {resource.path for resource in RESOURCES.values()}


def test_private_view_is_seen_by_nobody_else(red, admin, viewer, save):
    view = save(red)
    path = f"/saved-views/{view['id']}"
    for other in (admin, viewer):
        assert other.get(path).status_code == 404
        assert other.get(f"{path}/results").status_code == 404
        for asked in ({}, {"count": "exact"}, {"q": view["name"]}):
            listed = other.get("/saved-views", name=view["name"], **asked).json()
            assert (listed["items"], listed.get("count", 0)) == ([], 0)
    assert admin.patch(path, {"shared": True}).status_code == 404
    assert admin.delete(path).status_code == 404
    assert red.get("/saved-views", name=view["name"]).json()["items"] == [view]


def test_change_log_does_not_show_a_private_view(red, viewer, save):
    view = save(red, "q=secret")
    red.patch(f"/saved-views/{view['id']}", {"shared": True})
    changes = viewer.get("/changes", object_type="saved_views", object_id=view["id"]).json()
    update, create = changes["items"]
    assert (create["before"], create["after"]) == (None, None)
    assert (update["before"], update["after"]["query"]) == (None, "q=secret")


def test_shared_view_is_seen_in_its_tenant_and_changed_by_its_author(
    red, blue, admin, viewer, save
):
    view = save(admin, shared=True, tenant_id=1)
    path = f"/saved-views/{view['id']}"
    assert viewer.get(path).json() == red.get(path).json() == view
    assert [red.patch(path, {"name": "x"}).status_code, red.delete(path).status_code] == [403, 403]
    assert viewer.delete(path).status_code == 403
    assert [blue.get(path).status_code, blue.delete(path).status_code] == [404, 404]
    assert blue.get(f"{path}/results").status_code == 404
    assert admin.delete(path).status_code == 204
    assert viewer.get(path).status_code == 404


def test_reader_of_a_cached_list_sees_no_view_that_became_private(red, viewer, save):
    view = save(red, shared=True)
    asked = {"name": view["name"]}
    assert viewer.get("/saved-views", **asked).json()["items"] == [view]
    red.patch(f"/saved-views/{view['id']}", {"shared": False})
    assert viewer.get("/saved-views", **asked).json()["items"] == []
    assert viewer.get(f"/saved-views/{view['id']}").status_code == 404


def test_view_shows_what_its_reader_may_see(admin, viewer, save):
    view = save(admin, "limit=1000&tenant_id=2", shared=True, tenant_id=1)
    path = f"/saved-views/{view['id']}/results"
    assert {item["tenant_id"] for item in admin.get(path).json()["items"]} == {2}
    assert viewer.get(path).json()["items"] == []
    every = save(admin, "limit=1000", "sites", shared=True, tenant_id=1)
    seen = viewer.get(f"/saved-views/{every['id']}/results").json()["items"]
    assert {item["tenant_id"] for item in seen} == {1}


@pytest.mark.parametrize(
    "query",
    [
        *("status=broken", "colour=red", "sort=comments", "limit=0", "limit=5&limit=6", "q=x"),
        *("cursor=abc", "status", "fields=none", "q=%00%00%00", "q=%ff%ff%ff", "a b", "x" * 1001),
    ],
    ids=range(13),
)
def test_query_that_the_list_refuses_is_not_saved(red, save, unique, query):
    body = {"name": unique(), "resource": "devices", "query": query}
    answer = red.post("/saved-views", body)
    assert answer.status_code == 422
    assert "query" in answer.json()["errors"][0]["field"]
    path = f"/saved-views/{save(red, 'status=active')['id']}"
    assert red.patch(path, {"query": query}).status_code == 422
    assert red.patch(path, {"resource": "vlans"}).status_code == 422  # no status there
    assert red.get(path).json()["query"] == "status=active"


def test_results_take_a_cursor_of_the_view_and_nothing_else(red, save):
    view, other = save(red, "limit=1"), save(red, "limit=1&sort=-id")
    path = f"/saved-views/{view['id']}/results"
    cursor = red.get(f"/saved-views/{other['id']}/results").json()["next"]
    for asked in ({"cursor": cursor}, {"cursor": "x"}, {"limit": 5}, {"tenant_id": 2}):
        assert red.get(path, **asked).status_code == 422
    assert red.get("/saved-views/999999999/results").status_code == 404


def test_names_are_unique_per_user(red, admin, save):
    view = save(red)
    body = {"name": view["name"], "resource": "sites"}
    assert red.post("/saved-views", body).status_code == 409
    assert admin.post("/saved-views", body | {"tenant_id": 1}).status_code == 201
