"""Conditional requests: RFC 9110 §13, on a real server."""

from __future__ import annotations

import pytest

PLAIN = {"Accept-Encoding": "identity"}
ENCODED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def device(red, device_body) -> tuple[str, str]:
    """The path of a new device and its ETag."""
    created = red("POST", "/devices", json=device_body(comments="x" * 600), headers=PLAIN)
    return created.headers["Location"].removeprefix("/api/v1"), created.headers["ETag"]


def written(red, method, path, tag):
    body = {"comments": "new"} if method == "PATCH" else None
    return red(method, path, json=body, headers={"If-Match": tag})


def test_tag_of_what_was_written_is_that_of_what_is_read(red, device):
    path, tag = device
    assert red("GET", path, headers=PLAIN).headers["ETag"] == tag
    assert not tag.startswith("W/")
    changed = red("PATCH", path, json={"comments": "y"}, headers=PLAIN).headers["ETag"]
    assert changed == red("GET", path, headers=PLAIN).headers["ETag"] != tag


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_object_that_somebody_else_changed_is_left_alone(red, device, method):
    path, tag = device
    changed = red.patch(path, {"comments": "theirs"})
    refused = written(red, method, path, tag)
    assert refused.status_code == 412
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert red.get(path).json() == changed.json()
    assert written(red, method, path, changed.headers["ETag"]).ok


@pytest.mark.parametrize(
    "tags", ["*", '"other", {tag}', "{tag},{tag}", 'W/"a" ,, {tag}'], ids=range(4)
)
def test_one_of_several_tags_is_enough(red, device, tags):
    path, tag = device
    assert written(red, "PATCH", path, tags.format(tag=tag)).status_code == 200


def test_weak_tag_never_matches(red, device):
    path, tag = device
    assert written(red, "PATCH", path, f"W/{tag}").status_code == 412


@pytest.mark.parametrize("tag", ["", "x", '"x', '"a" "b"', 'w/"x"', ",", '"a"b', "*, *"])
def test_what_is_no_list_of_tags_is_refused(red, device, tag):
    path, _ = device
    assert written(red, "PATCH", path, tag).status_code == 400


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_tag_tells_nobody_of_foreign_objects(blue, device, method):
    path, tag = device
    answers = [
        blue(
            method,
            wanted,
            json={} if method == "PATCH" else None,
            headers={"If-Match": given, "If-None-Match": given},
        )
        for wanted in (path, "/devices/999999999")
        for given in (tag, '"other"', "*")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert not any("ETag" in answer.headers for answer in answers)


def test_viewer_is_refused_before_its_condition_is_looked_at(viewer, device):
    path, _ = device
    assert written(viewer, "PATCH", path, '"other"').status_code == 403


def test_coding_has_a_tag_of_its_own_and_it_is_good_for_a_write(red, device):
    path, tag = device
    coded = red("GET", path, headers=ENCODED)
    assert coded.headers["Content-Encoding"] == "gzip"
    own = coded.headers["ETag"]
    assert own == tag[:-1] + '-gzip"'
    again = red("GET", path, headers=ENCODED | {"If-None-Match": own})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", own)
    assert written(red, "PATCH", path, own).status_code == 200
    assert written(red, "PATCH", path, own).status_code == 412


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", "*", '"a", {tag}'])
def test_known_answer_is_not_sent_again(red, device, form):
    path, tag = device
    answer = red("GET", path, headers={"If-None-Match": form.format(tag=tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_renamed_site_changes_the_tag_of_what_shows_its_name(red, unique):
    site = red.post("/sites", {"name": unique(), "region": "emea"}).json()
    rack = red.post("/racks", {"name": unique(), "site_id": site["id"]})
    path, tag = rack.headers["Location"].removeprefix("/api/v1"), rack.headers["ETag"]
    red.patch(f"/sites/{site['id']}", {"name": unique()})
    assert red("GET", path, headers={"If-None-Match": tag}).status_code == 200
