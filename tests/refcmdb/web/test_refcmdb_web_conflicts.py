"""Two people edit the same device: the second one is told, and loses nothing."""

import re

import pytest
from playwright.sync_api import expect

from refcmdb.frontend import bundle

pytestmark = pytest.mark.skipif(
    bundle.load() is None, reason="the web application is not built: make frontend"
)

CHANGED = re.compile("Somebody else has changed this device")


def save(page, label="Save"):
    page.get_by_role("button", name=label, exact=True).click()


def row(page, *cells):
    return page.get_by_role("alert").get_by_role("row", name=" ".join(cells), exact=True)


@pytest.fixture
def overtaken(visit, red, device):
    """A form whose device somebody else changed while comments were written into it."""
    page = visit(path=f"devices/{device['id']}/edit")
    page.get_by_label("Comments").fill("mine")
    red.patch(f"/devices/{device['id']}", {"status": "offline", "comments": "theirs"})
    save(page)
    expect(page.get_by_role("alert")).to_contain_text(CHANGED)
    return page


def test_change_of_somebody_else_is_shown_and_nothing_is_lost(overtaken, red, device):
    expect(row(overtaken, "status", "active", "offline", "offline")).to_be_visible()
    expect(row(overtaken, "comments", "\u2013", "theirs", "mine")).to_be_visible()
    expect(overtaken.get_by_role("alert").get_by_role("row")).to_have_count(3)
    expect(overtaken.get_by_text(CHANGED)).to_be_in_viewport()
    expect(overtaken.get_by_label("Comments")).to_have_value("mine")
    assert red.get(f"/devices/{device['id']}").json()["comments"] == "theirs"


def test_saving_all_the_same_replaces_what_was_written_here_alone(overtaken, red, device):
    save(overtaken, "Save all the same")
    expect(overtaken.get_by_role("region", name="Facts")).to_contain_text("mine")
    saved = red.get(f"/devices/{device['id']}").json()
    assert (saved["comments"], saved["status"]) == ("mine", "offline")


def test_what_is_written_after_the_message_counts(overtaken, red, device):
    overtaken.get_by_label("Status").select_option("staged")
    expect(row(overtaken, "status", "active", "offline", "staged")).to_be_visible()
    save(overtaken, "Save all the same")
    expect(overtaken.get_by_role("region", name="Facts")).to_be_visible()
    assert red.get(f"/devices/{device['id']}").json()["status"] == "staged"


def test_beginning_again_takes_what_is_there(overtaken, red, device):
    overtaken.get_by_role("button", name="Drop mine").click()
    expect(overtaken.get_by_role("alert")).to_have_count(0)
    expect(overtaken.get_by_label("Comments")).to_have_value("theirs")
    expect(overtaken.get_by_label("Status")).to_have_value("offline")
    overtaken.get_by_label("Comments").fill("both")
    save(overtaken)
    expect(overtaken.get_by_role("region", name="Facts")).to_contain_text("both")
    saved = red.get(f"/devices/{device['id']}").json()
    assert (saved["comments"], saved["status"]) == ("both", "offline")


def test_third_change_is_not_overwritten_unseen(overtaken, red, device):
    red.patch(f"/devices/{device['id']}", {"comments": "later"})
    save(overtaken, "Save all the same")
    expect(row(overtaken, "comments", "\u2013", "later", "mine")).to_be_visible()
    assert red.get(f"/devices/{device['id']}").json()["comments"] == "later"


def test_references_are_told_by_name(visit, red, device):
    sites = red.get("/sites", limit=1000).json()["items"]
    first = next(site for site in sites if site["id"] == device["site_id"])
    second, third = [site for site in sites if site["id"] != device["site_id"]][:2]
    page = visit(path=f"devices/{device['id']}/edit")
    page.get_by_label("Site").select_option(str(third["id"]))
    red.patch(f"/devices/{device['id']}", {"site_id": second["id"]})
    save(page)
    expect(row(page, "site", first["name"], second["name"], third["name"])).to_be_visible()


def test_change_of_what_nobody_edits_here_stops_nobody(visit, red, device_body, unique):
    """Its site has another name: the tag is another one, no field of the form is."""
    site = red.post("/sites", {"name": unique(), "region": "x"}).json()
    device = red.post("/devices", device_body(site_id=site["id"])).json()
    page = visit(path=f"devices/{device['id']}/edit")
    page.get_by_label("Comments").fill("mine")
    red.patch(f"/sites/{site['id']}", {"name": unique()})
    save(page)
    expect(page.get_by_role("region", name="Facts")).to_contain_text("mine")


def test_large_device_that_was_compressed_is_saved(visit, red, device_body):
    """The tag of a compressed answer is another one."""
    device = red.post("/devices", device_body(comments="x" * 1500)).json()
    page = visit(path=f"devices/{device['id']}/edit")
    page.get_by_label("Comments").fill("mine")
    save(page)
    expect(page.get_by_role("region", name="Facts")).to_contain_text("mine")


def test_device_that_is_gone_is_told(visit, red, device):
    page = visit(path=f"devices/{device['id']}/edit")
    page.get_by_label("Comments").fill("mine")
    red.delete(f"/devices/{device['id']}")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("There is no such object")
    expect(page.get_by_label("Comments")).to_have_value("mine")
