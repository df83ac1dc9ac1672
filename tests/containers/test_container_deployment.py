"""The reference CMDB's compose file as a whole under the gate: instances behind their balancer."""

import tomllib
import urllib.request
from pathlib import Path

import pytest

from pytest_cmdbguard.witnesses.audit import AuditWitness
from pytest_cmdbguard.witnesses.listener import Listener
from pytest_cmdbguard.witnesses.sql import SqlWitness

FILE = Path(__file__).parents[2] / "refcmdb" / "infrastructure" / "compose.yaml"
SERVICES = {
    "cmdb": ["cmdb-1", "cmdb-2"],
    "postgres": "database",
    "redis": "cache",
    "balancer": "balancer",
}
SELECTED = ("--cmdbguard-select", "CG-INJ-001", "-k", "devices_list")


@pytest.fixture
def settled(runs, handed_over, monkeypatch):
    """Runs that bring up the whole file; every image of it is one of ours."""
    folder, authority = handed_over
    for name, value in {
        "REFCMDB_SECRETS": str(folder),
        "REFCMDB_IMAGE": runs.images["cmdb"],
        "POSTGRES_IMAGE": runs.images["postgres"],
        "VALKEY_IMAGE": runs.images["redis"],
    }.items():
        monkeypatch.setenv(name, value)
    roles = ", ".join(f"{role} = {names!r}" for role, names in SERVICES.items())
    (runs.directory / "cmdbguard.toml").write_text(
        f'[containers]\ncompose = "{FILE}"\nservices = {{ {roles} }}\npull = "never"\n'
        f'[target]\nauthority = "{authority}"\n'
    )
    return runs


def test_a_fault_is_seen_inside_the_instances(settled):
    fault = ("--cmdbguard-fault", "ssrf-fetch-unchecked")
    status, output = settled.run(*fault, "--cmdbguard-select", "CG-SSRF-001")
    assert status == 1, output
    assert "the target connected to 127.0.0.1" in output


def test_a_database_in_clear_is_seen(settled, handed_over):
    url = handed_over[0] / "database_url"
    url.write_text(url.read_text().replace("@/cmdb?host=/run/database", "@database/cmdb"))
    status, output = settled.run("--cmdbguard-select", "CG-TRANS-001")
    assert status == 1, output
    assert "PostgreSQL (refcmdb): TCP" in output
    assert "Redis: TCP" not in output


def test_every_instance_is_looked_into(settled, leftovers, start, docker):
    tables = tomllib.loads((settled.directory / "cmdbguard.toml").read_text())
    seat = start(tables=tables).seat
    assert [one.rpartition("-cmdb-")[2] for one in seat.shared.deployed.containers] == [
        "1-1",
        "2-1",
    ]
    assert len(seat.own_networks) == 2
    with Listener(*seat.own_networks) as listener:
        for number, name in enumerate(seat.shared.deployed.containers):
            call = f"import urllib.request as u; u.urlopen('{listener.url(f'zqtoken{number}')}')"
            assert docker.containers.get(name).exec_run(["python", "-c", call]).exit_code == 0
            assert listener.hits(f"zqtoken{number}", within_s=2)
    witness = SqlWitness(seat.database_url)
    witness.install()
    mark = witness.mark()
    operator = next(actor for actor in seat.actors if actor.name == "operator-red")
    asked = urllib.request.Request(
        f"{seat.base_url}/api/v1/devices?q=zqneedle", headers=dict(operator.headers)
    )
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200
    assert any("zqneedle" in str(statement) for statement in witness.since(mark))
    witness.close()
    assert AuditWitness(seat.cmdb.watch.directory / "audit.log").sees
    assert seat.cmdb.log.read_text().count("Application startup complete") == 2
    assert all(Path(place).is_dir() for place in seat.shared.deployed.storage)
    names = leftovers.all()
    assert any(name.endswith("_data") for name in names)  # a volume
    assert any(name.endswith("_inside") for name in names)  # a network


def test_a_sound_deployment_is_accepted_and_what_a_killed_run_left_is_gone(settled, leftovers):
    process = settled.begin("--cmdbguard-select", "CG-INJ-001")
    settled.wait_for(lambda: any("-cmdb-2-" in name for name in leftovers.all()))
    process.kill()
    process.wait(60)
    assert any(name.endswith("_data") for name in leftovers.all())
    select = ["https", "encryption-in-transit", "encryption-at-rest", "CG-CONT-001"]
    status, output = settled.run("--cmdbguard-select", *select)
    assert status == 0, output
    assert "containers and networks of dead runs" in output
    assert "compose.yaml is up, 2 of the CMDB" in output
    assert leftovers.all() == []


def test_an_interrupted_deployment_leaves_nothing(settled, leftovers):
    process = settled.begin(*SELECTED)
    settled.wait_for(lambda: any("-cmdb-1-" in name for name in leftovers.all()))
    process.terminate()
    assert process.wait(60) == 2, settled.output
    assert "Traceback" not in settled.output
    assert leftovers.all() == []


def test_workers_cannot_share_a_deployment(settled):
    status, output = settled.run("-n", "2", *SELECTED)
    assert status == 4, output
    assert "containers.services.balancer = 'balancer'" in output
    assert "leave -n away" in output
