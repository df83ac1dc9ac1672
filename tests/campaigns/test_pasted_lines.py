"""The line that shows a finding again, pasted into a shell more than once."""

import re
import subprocess

import pytest

from pytest_cmdbguard import curl
from pytest_cmdbguard.campaigns.attack import SqlAttack

# What creates an object of its own in the reference CMDB.
CREATORS = (
    *("sites", "racks", "device_types", "devices", "interfaces", "prefixes", "ip_addresses"),
    *("vlans", "tags", "tenants", "credentials", "webhooks", "config_templates"),
)


@pytest.fixture
def paste(cmdb):
    """Runs a line in the system's shell; gives the status of the answer."""

    def run(exchange, place=cmdb):
        variables = {
            actor.variable: actor.headers["Authorization"].partition(" ")[2]
            for actor in place.cast.actors
        }
        finished = subprocess.run(
            ["sh", "-c", curl.line(exchange)], env={"PATH": "/usr/bin:/bin", **variables},
            check=True, timeout=10, capture_output=True, text=True,
        )  # fmt: skip
        return int(finished.stdout.split()[1]), finished.stdout

    return run


def made(cmdb, operation):
    """What the first actor who may create something sent."""
    values = cmdb.surroundings.values(operation)
    everybody = (cmdb.api.as_actor(actor.name) for actor in cmdb.cast.actors)
    return next(e for api in everybody if (e := api.send(operation, values)).status == 201)


@pytest.mark.parametrize("creator", CREATORS)
def test_what_creates_something_does_so_each_time(cmdb, paste, creator):
    operation = cmdb.operations[f"{creator}_create"]
    first = made(cmdb, operation)
    for _ in range(2):
        status, answer = paste(first)
        assert status == 201, answer


def test_a_document_names_its_devices_anew_each_time(cmdb, paste):
    operation = cmdb.operations["devices_import"]
    first = made(cmdb, operation)
    assert [paste(first)[0] for _ in range(2)] == [201, 201]


def test_a_finding_that_a_new_object_showed_is_shown_again_twice(faulty, paste):
    """The name of a VLAN becomes SQL when it is read; a second VLAN of that name is refused."""
    place = faulty("sql-stored-vlan-name")
    attack = SqlAttack(place.api, place.surroundings, place.sql, profile="quick")
    (found,) = [r for r in attack(place.operations["vlans_create"]) if r.proof]
    assert found.exchange.status == 201
    for _ in range(2):
        mark = place.sql.mark()
        status, answer = paste(found.exchange, place)
        assert status == 201, answer
        number = re.search(r'"id":\s*(\d+)', answer)[1]
        place.api.get(f"/api/v1/vlans/{number}")
        token = re.search(r"zq\d{10}", answer)[0]
        broke_out = [s for s in place.sql.since(mark) if token in s.text]
        assert broke_out, "the name of the new VLAN is in the text of a statement"
