"""The campaigns on access control against the reference CMDB, sound and with faults."""

import pytest

from pytest_cmdbguard.campaigns.assignment import Assignment
from pytest_cmdbguard.campaigns.disclosure import Disclosure
from pytest_cmdbguard.campaigns.existence import Existence
from pytest_cmdbguard.campaigns.functions import Functions
from pytest_cmdbguard.campaigns.grounds import Grounds
from pytest_cmdbguard.campaigns.impersonation import Impersonation
from pytest_cmdbguard.campaigns.policy import Policy
from pytest_cmdbguard.campaigns.trespass import Trespass
from pytest_cmdbguard.probes import roles
from pytest_cmdbguard.witnesses.columns import ColumnWitness


def grounds_of(place):
    rivals = place.cast.rivals()[1]
    rival = place._estate(rivals, place.target.shared)
    return Grounds(
        place.api, place.rows, estate=place.estate(), rival=rival, commons=place.commons()
    )


@pytest.fixture(scope="module")
def grounds(cmdb):
    return grounds_of(cmdb)


def functions_of(place, grounds):
    acting = tuple(dict.fromkeys(actor.role for actor in place.cast.actors))
    policy = Policy(table=roles.declared(place.target.document()), roles=acting)
    return Functions(grounds, policy, place.cast.actors)


def test_the_owner_column_is_found_by_what_the_rows_have_in_common(grounds):
    assert grounds.owner_columns == {"tenant_id": 1}


def test_an_object_below_a_parent_is_asked_for_by_its_own_parent_and_the_strangers(cmdb, grounds):
    asked = list(Disclosure(grounds, profile="quick")(cmdb.operations["devices_interface"]))
    assert [one.leaks for one in asked] == [(), ()]
    assert asked[0].reached


def test_what_strangers_send_changes_nothing_and_the_owner_does(cmdb, grounds):
    *trespasses, own = Trespass(grounds).by_strangers(cmdb.operations["devices_retire"])
    assert len(trespasses) == 4  # two strangers, each with the object alone and behind its own
    assert not any(attempt.change for attempt in trespasses)
    assert '"retired"' in own.change


def test_what_refers_to_an_object_counts_as_its_change(cmdb, grounds):
    *trespasses, own = Trespass(grounds).by_strangers(cmdb.operations["attachments_create"])
    assert trespasses
    assert not any(attempt.change for attempt in trespasses)
    assert own.change == "rows that refer to it: 1 more in attachments"


def test_every_place_that_names_anothers_property_is_tried_and_refused(cmdb, grounds):
    claimed = list(Impersonation(grounds)(cmdb.operations["devices_bulk_create"]))
    keys = {"tenant_id", "site_id", "location_id", "rack_id"}
    assert {one.point.name for one in claimed} == {f"/1/{key}" for key in keys}
    assert all(one.reached and not one.proof for one in claimed)


def test_what_lies_below_ones_own_object_may_not_be_anothers(cmdb, faulty):
    def leaks(place):
        operation = place.operations["saved_views_results"]
        asked = list(Disclosure(grounds_of(place), profile="quick")(operation))
        assert any(one.reached for one in asked)
        return {words for one in asked for _, words in one.leaks}

    assert leaks(cmdb) == set()
    assert any("operator-red" in words for words in leaks(faulty("authz-view-results-unscoped")))


def test_refusals_of_foreign_and_missing_objects_are_alike(cmdb, grounds):
    (compared,) = Existence(grounds)(cmdb.operations["sites_delete"])
    assert (compared.difference, compared.stopped) == (None, "")


def test_columns_that_the_document_does_not_take_are_not_set(cmdb, grounds):
    columns = ColumnWitness(cmdb.seat.database_url)
    try:
        tried = list(Assignment(grounds, columns)(cmdb.operations["devices_create"]))
    finally:
        columns.close()
    assert {"/created_at", "/updated_at", "/id"} == {one.point.name for one in tried}
    assert not any(one.proof for one in tried)


def test_denied_roles_and_nobody_bring_nothing_about(cmdb, grounds):
    functions = functions_of(cmdb, grounds)
    for name in ("vlans_delete", "tags_create", "devices_bulk_create"):
        operation = cmdb.operations[name]
        for visits in (functions.by_denied_roles(operation), functions.by_nobody(operation)):
            assert (visits.proven, visits.stopped) == ((), "")


def test_a_role_that_does_more_is_proven_by_the_row(faulty):
    place = faulty("bfla-viewer-bulk-creates")
    visits = functions_of(place, grounds_of(place)).by_denied_roles(
        place.operations["devices_bulk_create"]
    )
    (visit,) = visits.proven
    assert visit.who == "viewer-red"
    assert visit.effect.startswith("devices (id ")
