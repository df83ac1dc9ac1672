"""Where input ended is said in the same words by whoever sent it."""

import pytest

from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.campaigns.reach_map import Reached
from pytest_cmdbguard.model import Parameter


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (204, "no sink saw it: HTTP 204"),
        (302, "no sink saw it: HTTP 302"),
        (422, "validation: HTTP 422"),
        (500, "the target failed: HTTP 500"),
    ],
)
def test_status_says_where_input_ended(status, said):
    place = Reached(point=Parameter(location="query", name="q"), status=status)
    assert place.stopped == ending(status) == said


def test_what_became_of_accepted_input_has_words_of_its_own():
    assert ending(200, otherwise="no page showed it") == "no page showed it: HTTP 200"
    assert ending(500, otherwise="no page showed it") == "the target failed: HTTP 500"
