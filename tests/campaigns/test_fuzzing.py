import json

from pytest_cmdbguard.campaigns.fuzzing import Fuzzer

CREATE = "devices_create"


def fuzzer(place):
    return Fuzzer(place.api, place.surroundings, place.rows, profile="quick")


def test_a_sound_operation_refuses_every_invalid_body_and_takes_a_valid_one(cmdb):
    sound = fuzzer(cmdb)
    before = cmdb.rows.snapshot()
    assert sound.break_body(cmdb.operations["sites_create"]) is None
    assert cmdb.rows.changed_since(before) == []
    assert sound.is_reached(cmdb.operations["sites_create"])
    assert cmdb.rows.changed_since(before) != []


def test_a_body_that_breaks_the_server_is_told_by_its_status(faulty):
    place = faulty("validation-serial-unchecked")
    violation = fuzzer(place).break_body(place.operations[CREATE])
    assert violation.sink == "status"
    assert violation.exchange.status not in range(400, 500)
    assert violation.proof.endswith(
        f"is invalid and was answered HTTP {violation.exchange.status}"
    )


def test_the_one_body_of_a_sweep_that_wrote_a_row_is_found(faulty):
    place = faulty("validation-after-write")
    violation = fuzzer(place).break_body(place.operations[CREATE])
    assert violation.sink == "row"
    assert violation.exchange.status == 422
    assert "rows changed in: " in violation.proof
    assert "devices" in violation.proof
    body = json.loads(violation.exchange.request_body)
    assert {"name", "serial", "site_id", "device_type_id"} <= set(body)
