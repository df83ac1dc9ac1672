"""What counts as a page."""

from pytest_cmdbguard.campaigns.pages import Pages
from pytest_cmdbguard.campaigns.volley import Volley


def pages_of(place):
    volley = Volley(place.api, place.surroundings)
    return Pages(place.api, tuple(place.operations.values()), place.surroundings, volley, None)


def test_what_only_browsers_are_answered_with_is_a_page_too(cmdb, faulty):
    sound = {operation.id for operation in pages_of(cmdb).operations}
    assert "devices_page" in sound
    assert "devices_read" not in sound
    pages = pages_of(faulty("xss-api-for-browsers"))
    assert {page.id for page in pages.operations} - sound == {"devices_read"}
    broken = [one for one in pages.stored("quick") if one.broken]
    assert {one.page.id for one in broken} == {"devices_read"}
    assert {one.point.name for one in broken} == {"/comments", "comments"}
