import pytest

from pytest_cmdbguard.campaigns.cast import Cast, Conversation, NoSuchActor, ends_the_session
from pytest_cmdbguard.model import Actor, Operation


def actor(name, tenant):
    return Actor(name=name, role="editor", tenant=tenant, headers={})


RED, RED_TOO, BLUE, BOSS = (
    actor("red", "red"),
    actor("red-too", "red"),
    actor("blue", "blue"),
    actor("boss", None),
)


def test_who_has_no_tenant_sees_most():
    assert Cast([RED, BOSS]).broadest is BOSS
    assert Cast([RED, BOSS, BLUE]).others == (RED, BLUE)
    assert Cast([RED, BLUE]).broadest is RED
    assert Cast([]).broadest is None


def test_rivals_are_the_actors_of_two_tenants():
    assert Cast([BOSS, RED, BLUE, RED_TOO]).rivals() == ((RED, RED_TOO), (BLUE,))


def test_one_tenant_has_no_rival_and_it_is_told_what_to_add():
    with pytest.raises(NoSuchActor, match=r"actors of two tenants.*\[actors\] in cmdbguard\.toml"):
        Cast([RED, RED_TOO, BOSS]).rivals()


@pytest.mark.parametrize(
    ("path", "ends"),
    [("/auth/logout", True), ("/Log-Out/", True), ("/tokens/revoke", True), ("/logouts", False)],
)
def test_what_takes_the_credential_away_is_known_by_its_path(path, ends):
    operation = Operation(id="x", method="POST", path=path)
    assert ends_the_session(operation) is ends


def test_a_conversation_brings_out_refusals_successes_and_mistakes(cmdb):
    talk = Conversation(cmdb.api, cmdb.surroundings, cmdb.cast.broadest)
    stranger, well, nowhere, badly = talk(cmdb.operations["sites_update"])
    assert (stranger.status, stranger.actor) == (401, None)
    assert (well.status, well.actor) == (200, cmdb.cast.broadest)
    assert (nowhere.status, badly.status) == (404, 400)


def test_a_conversation_about_the_logout_leaves_the_session_alone(cmdb):
    talk = Conversation(cmdb.api, cmdb.surroundings, cmdb.cast.broadest)
    (answer,) = talk(cmdb.operations["auth_logout"])
    assert answer.status == 401
    assert cmdb.api.get("/api/v1/devices").status == 200
