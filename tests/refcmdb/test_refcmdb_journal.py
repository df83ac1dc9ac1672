"""The journal of a device, on a real server."""

from __future__ import annotations

import pytest


@pytest.fixture
def device(red, device_body) -> int:
    return red.post("/devices", device_body()).json()["id"]


def test_entry_says_who_wrote_it_and_when(red, admin, device):
    first = red.post("/journal-entries", {"device_id": device, "comments": "Fan\nreplaced"})
    second = admin.post(
        "/journal-entries", {"device_id": device, "comments": "Late", "kind": "warning"}
    )
    assert [answer.status_code for answer in (first, second)] == [201, 201]
    assert [answer.json()["user"] for answer in (first, second)] == ["operator-red", "admin"]
    listed = red.get("/journal-entries", device_id=device).json()["items"]
    assert listed == [second.json(), first.json()]
    assert listed[0]["created_at"] > listed[1]["created_at"]
    found = red.get("/journal-entries", device_id=device, q="replac").json()["items"]
    assert found == [first.json()]


def test_author_cannot_be_chosen_and_stays(red, admin, device):
    body = {"device_id": device, "comments": "x"}
    assert red.post("/journal-entries", body | {"user_id": 5}).status_code == 422
    entry = red.post("/journal-entries", body).json()
    path = f"/journal-entries/{entry['id']}"
    assert admin.patch(path, {"user_id": 5}).status_code == 422
    corrected = admin.patch(path, {"comments": "y"}).json()
    assert (corrected["user"], corrected["comments"]) == ("operator-red", "y")
    (newest, *_) = red.get(
        "/changes", object_type="journal_entries", object_id=entry["id"]
    ).json()["items"]
    assert (newest["user"], newest["before"], newest["after"]) == ("admin", entry, corrected)


def test_entry_is_its_tenants_own(red, blue, viewer, device):
    assert viewer.post("/journal-entries", {}).status_code == 403
    answers = [
        blue.post("/journal-entries", {"device_id": number, "comments": "x"})
        for number in (device, 999_999_999)
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()
    entry = red.post("/journal-entries", {"device_id": device, "comments": "x"}).json()
    assert viewer.get(f"/journal-entries/{entry['id']}").json() == entry
    assert blue.get(f"/journal-entries/{entry['id']}").status_code == 404
    assert blue.get("/journal-entries", device_id=device).json()["items"] == []


@pytest.mark.parametrize(
    "fields",
    [{"comments": ""}, {"comments": "x" * 2001}, {"kind": "loud"}, {"comments": "\0"}],
    ids=range(4),
)
def test_wrong_entry_is_refused(red, device, fields):
    body = {"device_id": device, "comments": "x"} | fields
    assert red.post("/journal-entries", body).status_code == 422


def test_device_with_a_journal_stays(red, device):
    entry = red.post("/journal-entries", {"device_id": device, "comments": "x"}).json()
    assert red.delete(f"/devices/{device}").status_code == 409
    red.delete(f"/journal-entries/{entry['id']}")
    assert red.delete(f"/devices/{device}").status_code == 204
