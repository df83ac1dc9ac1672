"""Contacts and their assignments, on a real server."""

from __future__ import annotations

import pytest


@pytest.fixture
def contact(red, unique) -> dict:
    body = {"name": unique(), "kind": "team", "email": "noc@example.com", "phone": "+1 202"}
    return red.post("/contacts", body).json()


@pytest.fixture
def site(red, unique) -> int:
    return red.post("/sites", {"name": unique(), "region": "emea"}).json()["id"]


def test_contact_is_assigned_with_a_role_and_a_priority(red, contact, site):
    body = {"contact_id": contact["id"], "site_id": site, "role": "on-call"}
    made = red.post("/contact-assignments", body | {"priority": "secondary"}).json()
    assert (made["contact"], made["site_id"], made["device_id"]) == (contact["name"], site, None)
    for asked in ({"site_id": site}, {"contact_id": contact["id"]}):
        asked |= {"role": "on-call", "priority": "secondary"}
        assert red.get("/contact-assignments", **asked).json()["items"] == [made]
    again = red.post("/contact-assignments", body)
    assert again.status_code == 409
    assert red.post("/contact-assignments", body | {"role": "billing"}).status_code == 201


def test_each_kind_of_object_has_contacts(red, contact, device_body):
    device = red.post("/devices", device_body()).json()["id"]
    rack, prefix, vlan = (
        red.get(path, limit=1).json()["items"][0]["id"]
        for path in ("/racks", "/prefixes", "/vlans")
    )
    for key, number in (
        ("rack_id", rack),
        ("device_id", device),
        ("prefix_id", prefix),
        ("vlan_id", vlan),
    ):
        body = {"contact_id": contact["id"], "role": "technical", key: number}
        made = red.post("/contact-assignments", body).json()
        assert red.get("/contact-assignments", **{key: number, "role": "technical"}).json()[
            "items"
        ] == [made]


@pytest.mark.parametrize(
    "named",
    [{}, {"site_id": 1, "device_id": 1}, {"site_id": None}],
    ids=["none", "two", "null"],
)
def test_assignment_names_one_object(red, contact, named):
    body = {"contact_id": contact["id"], "role": "on-call"} | named
    answer = red.post("/contact-assignments", body)
    assert answer.status_code == 422
    assert "one object" in answer.json()["errors"][0]["message"]


def test_assignment_moves_to_another_object_as_a_whole(red, contact, site, device_body):
    body = {"contact_id": contact["id"], "site_id": site, "role": "on-call"}
    number = red.post("/contact-assignments", body).json()["id"]
    path = f"/contact-assignments/{number}"
    device = red.post("/devices", device_body()).json()["id"]
    assert red.patch(path, {"device_id": device}).status_code == 422
    assert red.patch(path, {"site_id": None}).status_code == 422
    moved = red.patch(path, {"site_id": None, "device_id": device}).json()
    assert (moved["site_id"], moved["device_id"]) == (None, device)


def test_assignments_are_of_the_tenants_own_objects(red, blue, contact, site, unique):
    foreign = blue.post("/contacts", {"name": unique()}).json()["id"]
    own = {"contact_id": contact["id"], "site_id": site, "role": "on-call"}
    for wrong in ({"contact_id": foreign}, {"site_id": 2}, {"site_id": 999_999_999}):
        answer = red.post("/contact-assignments", own | wrong)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == list(wrong)
    number = red.post("/contact-assignments", own).json()["id"]
    assert blue.get(f"/contact-assignments/{number}").status_code == 404
    assert blue.get("/contact-assignments", site_id=site).json()["items"] == []
    assert blue.get(f"/contacts/{contact['id']}").status_code == 404


def test_what_has_a_contact_stays_until_it_has_none(red, contact, site):
    body = {"contact_id": contact["id"], "site_id": site, "role": "on-call"}
    number = red.post("/contact-assignments", body).json()["id"]
    assert red.delete(f"/sites/{site}").status_code == 409
    assert red.delete(f"/contacts/{contact['id']}").status_code == 409
    assert red.delete(f"/contact-assignments/{number}").status_code == 204
    assert red.delete(f"/sites/{site}").status_code == 204
    assert red.delete(f"/contacts/{contact['id']}").status_code == 204
    (newest, *_) = red.get("/changes", object_type="contact_assignments", object_id=number).json()[
        "items"
    ]
    assert (newest["action"], newest["before"]["site_id"]) == ("delete", site)


@pytest.mark.parametrize(
    "fields",
    [{"email": "nobody"}, {"email": "a b@example.com"}, {"phone": "call me"}, {"kind": "robot"}],
    ids=range(4),
)
def test_wrong_contact_is_refused(red, unique, fields):
    assert red.post("/contacts", {"name": unique()} | fields).status_code == 422


def test_new_name_of_a_contact_is_shown_at_once(red, contact, site, unique):
    body = {"contact_id": contact["id"], "site_id": site, "role": "on-call"}
    red.post("/contact-assignments", body)
    assert red.get("/contact-assignments", site_id=site).json()["items"][0]["contact"]
    name = unique()
    red.patch(f"/contacts/{contact['id']}", {"name": name})
    assert red.get("/contact-assignments", site_id=site).json()["items"][0]["contact"] == name
