"""The gate in containers: green and red like the embedded one, and nothing is left of it."""

import signal

import pytest

SELECTED = ("--cmdbguard-select", "CG-INJ-001", "-k", "devices_list")


def test_the_sound_cmdb_is_accepted(runs):
    status, output = runs.run(*SELECTED)
    assert status == 0, output
    assert "containers PostgreSQL" in output


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        ("sql-sort-concat", "CG-INJ-001", "PostgreSQL executed"),
        ("cmd-reachability-shell", "CG-CMD-001", "proof"),
        ("ssrf-fetch-unchecked", "CG-SSRF-001", "the target connected to 127.0.0.1"),
        ("transit-database-plain", "CG-TRANS-001", "no TLS"),
    ],
)
def test_a_fault_is_seen_inside_the_container(runs, fault, check, words):
    status, output = runs.run("--cmdbguard-fault", fault, "--cmdbguard-select", check)
    assert status == 1, output
    assert words in output
    assert "gate closed" in output


def test_workers_of_xdist_have_containers_of_their_own(runs, leftovers):
    process = runs.begin("-n", "2", "--cmdbguard-select", "CG-INJ-001", "-k", "sites or racks")
    runs.wait_for(lambda: {"gw0", "gw1"} <= {n.rpartition("-")[2] for n in leftovers.all()})
    assert process.wait(300) == 0, runs.output
    assert leftovers.all() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interrupted_start_leaves_nothing(runs, leftovers, number):
    process = runs.begin(*SELECTED)
    runs.wait_for(lambda: any(name.endswith("-postgres") for name in leftovers.all()))
    process.send_signal(number)
    assert process.wait(60) == 2, runs.output
    assert "Traceback" not in runs.output
    assert leftovers.all() == []


def test_what_a_killed_run_left_is_gone_after_the_next_start(runs, leftovers):
    process = runs.begin("--cmdbguard-select", "CG-INJ-001")
    runs.wait_for(lambda: any(name.endswith("-main") for name in leftovers.all()))
    process.kill()
    process.wait(60)
    dead = leftovers.all()
    assert len(dead) == 4
    status, output = runs.run(*SELECTED)
    assert status == 0, output
    assert "swept 4 containers and networks of dead runs" in output
    assert leftovers.all() == []
