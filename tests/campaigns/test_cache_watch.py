import pytest

from pytest_cmdbguard.campaigns.cache_watch import CacheWatch

UPDATE = "devices_update"


def watch(place):
    _, strangers = place.cast.rivals()
    estate, commons = place.estate(), place.commons()
    return CacheWatch(
        place.api, place.sql, place.rows, estate, strangers, commons=commons, profile="quick"
    )


def test_a_sound_cache_hits_forgets_and_mixes_nobody_up(cmdb):
    sound = watch(cmdb)
    for story in (
        sound.write_between_reads(cmdb.operations[UPDATE]),
        sound.write_between_reads(cmdb.operations["tags_update"]),
        sound.same_question_by_two(cmdb.operations["devices_list"]),
        sound.same_question_by_two(cmdb.operations["devices_read"]),
    ):
        assert (story.defects, story.stopped) == ((), "")


def test_a_story_that_cannot_be_played_says_why(cmdb):
    sound = watch(cmdb)
    story = sound.write_between_reads(cmdb.operations["changes_read"])
    assert (story.is_complete, story.stopped) == (
        False,
        "no actor can create and read such an object",
    )
    story = sound.same_question_by_two(cmdb.operations["health"])
    assert story.stopped == "no owned object is shown here"


@pytest.mark.parametrize(
    ("fault", "sink", "operation", "words"),
    [
        ("cache-never-hits", "cache miss: a repeated read", "devices_read", "SELECT devices.id"),
        ("cache-stale-after-write", "stale detail", UPDATE, "still lacks the written value"),
        (
            "cache-flushed-by-writes",
            "cache miss: after a write to another object, a read",
            UPDATE,
            "SELECT devices.id",
        ),
    ],
)
def test_what_a_cache_does_wrong_about_writes_is_told(faulty, fault, sink, operation, words):
    place = faulty(fault)
    defects = watch(place).write_between_reads(place.operations[UPDATE]).defects
    assert sink in {defect.sink for defect in defects}
    defect = next(defect for defect in defects if defect.sink == sink)
    assert defect.operation.id == operation
    assert words in defect.proof


def test_an_answer_that_was_made_for_another_actor_is_told(faulty):
    place = faulty("cache-key-without-tenant")
    story = watch(place).same_question_by_two(place.operations["devices_list"])
    assert {defect.sink for defect in story.defects} == {"answer of another actor"}
    assert any("had asked" in defect.proof for defect in story.defects)
