"""What is said to an alert depends on what our own attack of its class came to there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_cmdbguard.answers import Alert, Answer, Standing
from pytest_cmdbguard.campaigns.audit_trail import AuditTrail
from pytest_cmdbguard.campaigns.second_opinion import SecondOpinion
from pytest_cmdbguard.campaigns.sight import Sight
from pytest_cmdbguard.campaigns.volley import Volley
from pytest_cmdbguard.campaigns.whereabouts import Whereabouts
from pytest_cmdbguard.campaigns.zap_rules import budget_s, one_per_role
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.model import Actor, Operation, Parameter, Severity
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.witnesses.audit import AuditWitness

SORT = Parameter(location="query", name="sort", schema={"type": "string"})
LIST = Operation(id="list", method="GET", path="/devices", parameters=(SORT,))


def alert(**other):
    told = {"source": "s", "name": "SQL", "risk": "high", "cwe": 89, "method": "GET"}
    return Alert(**told | {"url": "http://h/devices?sort=1", "parameter": "sort"} | other)


def result(*, reached=False, proof="", stopped="", severity=Severity.CRITICAL):
    return SimpleNamespace(
        operation=LIST,
        point=SORT,
        reached=reached,
        stopped=stopped,
        proof=proof,
        severity=severity,
        exchange=None,
    )


class Attack:
    """Answers as it is told, and counts how often it was asked."""

    def __init__(self, *results):
        self.results, self.asked = results, 0

    def __call__(self, operation):
        assert operation is LIST
        self.asked += 1
        return self.results


def replies(attack, *alerts, sight=None):
    opinion = SecondOpinion(
        Whereabouts([LIST]), {"sql": attack}, lambda *_: sight or {"sql": "bound value $1"}
    )
    return list(opinion(alerts))


@pytest.mark.parametrize(
    ("seen", "standing", "because"),
    [
        (result(reached=True, proof="it ran"), "confirmed", "it ran"),
        (result(reached=True), "refuted", "bound value $1"),
        (result(stopped="validation: HTTP 422"), "unreached", "validation: HTTP 422"),
    ],
)
def test_an_answer_says_what_our_attack_came_to(seen, standing, because):
    (reply,) = replies(Attack(seen), alert())
    assert reply.answer.standing == standing
    assert because in reply.answer.because
    assert (reply.proven is seen) is (standing == "confirmed")


def test_a_place_that_no_attack_thought_worth_it_is_unreached_with_what_was_seen():
    (reply,) = replies(Attack(), alert(), sight={"process": "ping"})
    assert reply.answer.standing is Standing.UNREACHED
    assert reply.answer.because == "a harmless text there reached process, no sql"


@pytest.mark.parametrize(
    "other",
    [{"cwe": 693}, {"cwe": 0}, {"url": "http://h/gone"}, {"parameter": "gone"}],
)
def test_what_nothing_of_ours_judges_is_unconfirmed(other):
    attack = Attack(result(reached=True, proof="it ran"))
    (reply,) = replies(attack, alert(**other))
    assert reply.answer.standing is Standing.UNCONFIRMED
    assert not attack.asked
    assert not reply.is_grave or reply.proven is None


def test_alerts_alike_are_one_claim_and_an_operation_is_attacked_once():
    attack = Attack(result(reached=True))
    same = [alert(url=f"http://h/devices?sort={number}") for number in range(3)]
    found = replies(attack, *same, alert(name="SQL (time based)", risk="low"))
    assert [(one.answer.times, one.answer.alert.risk) for one in found] == [
        (3, "high"),
        (1, "low"),
    ]
    assert attack.asked == 1


def test_a_proof_is_grave_when_the_scanner_or_the_witness_says_so():
    proven = Attack(result(proof="seen", severity=Severity.CRITICAL))
    minor = Attack(result(proof="seen", severity=Severity.MEDIUM))
    assert replies(proven, alert(risk="low"))[0].is_grave
    assert replies(minor, alert(risk="high"))[0].is_grave
    assert not replies(minor, alert(risk="low"))[0].is_grave


def test_answers_survive_json():
    (reply,) = replies(Attack(result(reached=True)), alert())
    assert Answer.from_json(reply.answer.to_json()) == reply.answer


def test_sight_tells_as_what_the_database_received_a_harmless_text(cmdb):
    sight = Sight(Volley(cmdb.api, cmdb.surroundings), AuditWitness(None), sql=cmdb.sql)
    operation = cmdb.operations["devices_list"]
    search = next(p for p in operation.parameters if p.name == "q")
    assert "bound value" in sight(operation, search)["sql"]


def test_a_credential_is_proven_by_what_it_opens(cmdb):
    trail = AuditTrail(cmdb.api, cmdb.surroundings, tuple(cmdb.operations.values()))
    assert all(trail.proves(actor) for actor in cmdb.cast.actors)


def test_a_credential_that_is_refused_proves_nothing(cmdb):
    stale = Actor(name="stale", role="admin", headers={"Authorization": "Bearer cg_stale"})
    client = Api(cmdb.seat.base_url, [stale])
    trail = AuditTrail(client, cmdb.surroundings, tuple(cmdb.operations.values()))
    assert not trail.proves(stale)
    client.close()


def test_rules_run_as_one_actor_of_every_role():
    actors = [Actor(name=name, role=role) for name, role in (("a", "r"), ("b", "r"), ("c", "s"))]
    assert [actor.name for actor in one_per_role(actors, actors[2])] == ["c", "a"]


@pytest.mark.parametrize("told", ["long", 0, True])
def test_a_budget_that_is_none_is_told(told):
    assert budget_s({}, profile="quick") < budget_s({}, profile="full")
    with pytest.raises(SettingsError, match=r"services\.zap\.budget_s"):
        budget_s({"budget_s": told}, profile="quick")
