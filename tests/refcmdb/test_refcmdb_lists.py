"""What a list shows of its items, and how many it says there are."""

from __future__ import annotations

import pytest

from refcmdb.api.registry import RESOURCES


def test_list_shows_the_fields_that_are_asked_for(viewer):
    whole = viewer.get("/devices", limit=5).json()["items"]
    part = viewer.get("/devices", limit=5, fields="site,name,tags,name").json()["items"]
    assert part == [{name: item[name] for name in ("site", "name", "tags")} for item in whole]
    assert list(part[0]) == ["site", "name", "tags"]  # the order of the item, whatever was asked


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: resource.path)
def test_every_list_takes_each_of_its_fields_and_no_other_column(resource, admin):
    for field in resource.item.__struct_fields__:
        answer = admin.get(f"/{resource.path}", fields=field, limit=2)
        assert answer.status_code == 200
        assert all(list(item) == [field] for item in answer.json()["items"])
    hidden = {column.name for column in resource.table.c} - set(resource.item.__struct_fields__)
    for column in hidden:
        answer = admin.get(f"/{resource.path}", fields=column)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "fields"


@pytest.mark.parametrize("fields", ["", "name,", "name, site", "name;site", "Name", "*", "name\0"])
def test_wrong_fields_are_refused(viewer, fields):
    assert viewer.get("/devices", fields=fields).status_code == 422


def test_fields_spare_the_database_what_they_leave_out(postgres, viewer):
    with postgres.plans() as plans:
        assert viewer.get("/devices", fields="serial", limit=33).status_code == 200
    (text,) = [plan for plan in plans if "FROM devices" in plan]
    assert "comments" not in text
    assert "FROM sites" not in text


def test_pages_of_some_fields_go_on_like_whole_ones(viewer):
    asked = {"sort": "-name", "limit": 1000, "site_id": 1, "fields": "serial"}
    first = viewer.get("/devices", **asked).json()
    asked |= {"limit": 7}
    seen, page = [], viewer.get("/devices", **asked).json()
    while page["next"]:
        seen += page["items"]
        page = viewer.get("/devices", **asked, cursor=page["next"]).json()
    assert [*seen, *page["items"]] == first["items"]
    # The cursor is good with other fields, too.
    cursor = viewer.get("/devices", **asked).json()["next"]
    whole = viewer.get("/devices", **asked | {"fields": "id,name"}, cursor=cursor)
    assert whole.status_code == 200


def test_exact_count_is_of_what_the_actor_may_see(viewer, admin):
    def count(client, **asked):
        return client.get("/sites", limit=1, count="exact", **asked).json()["count"]

    seen = viewer.get("/sites", limit=1000).json()["items"]
    assert count(viewer) == len(seen)
    assert count(admin) > len(seen)
    assert count(viewer, tenant_id=2) == 0
    region, name = seen[0]["region"], seen[0]["name"]
    assert count(viewer, region=region) == len([s for s in seen if s["region"] == region])
    assert count(viewer, q=name) == 1


def test_count_stays_the_same_from_page_to_page(viewer):
    first = viewer.get("/devices", limit=2, count="exact", site_id=1).json()
    second = viewer.get("/devices", limit=2, count="exact", site_id=1, cursor=first["next"]).json()
    assert first["count"] == second["count"] > 4


def test_new_object_is_counted_at_once(red, unique):
    before = red.get("/vlans", limit=1, count="exact").json()["count"]
    body = {"site_id": 1, "vid": 3999, "name": unique()}
    number = red.post("/vlans", body).json()["id"]
    assert red.get("/vlans", limit=1, count="exact").json()["count"] == before + 1
    red.delete(f"/vlans/{number}")
    assert red.get("/vlans", limit=1, count="exact").json()["count"] == before


def test_estimate_counts_nothing(postgres, admin):
    with postgres.plans() as plans:
        answer = admin.get("/interfaces", limit=1, count="estimate", type="virtual").json()
    exact = admin.get("/interfaces", limit=1, count="exact", type="virtual").json()["count"]
    assert exact / 2 < answer["count"] < exact * 2
    assert not any("count(" in plan.lower() for plan in plans)


def test_without_being_asked_a_list_does_not_count(viewer):
    assert "count" not in viewer.get("/devices", limit=1).json()
    assert viewer.get("/devices", limit=1, count="none").json()["items"]
    assert viewer.get("/devices", limit=1, count="all").status_code == 422
