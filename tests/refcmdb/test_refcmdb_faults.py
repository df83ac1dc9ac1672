"""Every fault shows on a server that carries it and not on a sound one; no twin shows.

What each check would see, in its simplest form, lies in the modules beside this one whose names
begin with ``probes_``: each has a table ``PROBES``, by check and then by fault (or ``""`` for a
probe that only twins and the sound server meet). A probe is True where it saw a violation.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from refcmdb.faults import catalogue

# What is planted around the server, not in it, has its tests in modules of its own.
AROUND = ("CG-TLS-", "CG-SCAN-", "CG-DEP-", "CG-BUILD-", "CG-CONT-")
ENTRIES = {
    entry["name"]: entry for entry in catalogue.entries() if not entry["check"].startswith(AROUND)
}


def collected(table: str) -> dict[str, dict[str, object]]:
    """One of the tables by check, of all modules together."""
    tables: dict[str, dict[str, object]] = {}
    for path in sorted(Path(__file__).parent.glob("probes_*.py")):
        for check, entries in getattr(importlib.import_module(path.stem), table, {}).items():
            tables.setdefault(check, {}).update(entries)
    return tables


PROBES = collected("PROBES")
# What the servers that a check's probes meet need to be told.
ENVIRONMENT = collected("ENVIRONMENT")
FAULT_PROBES = {
    name: probe for probes in PROBES.values() for name, probe in probes.items() if name
}


def seen(probe, server, postgres) -> bool:
    needs_plans = "postgres" in probe.__code__.co_varnames[: probe.__code__.co_argcount]
    return probe(server, postgres) if needs_plans else probe(server)


def sightings(check: str, server, postgres) -> list[str]:
    return [probe.__name__ for probe in PROBES[check].values() if seen(probe, server, postgres)]


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if e["kind"] == "fault"])
def test_fault_shows_and_nothing_else_of_its_check(name, start_server, faulty_database, postgres):
    environment = ENVIRONMENT.get(ENTRIES[name]["check"])
    with start_server(
        "--fault", name, database_url=faulty_database, environment=environment
    ) as faulty:
        assert sightings(ENTRIES[name]["check"], faulty, postgres) == [FAULT_PROBES[name].__name__]
        assert "PLANTED" in faulty.log.read_text()


@pytest.mark.parametrize("name", [n for n, e in ENTRIES.items() if e["kind"] == "twin"])
def test_twin_is_sound(name, start_server, faulty_database, postgres):
    environment = ENVIRONMENT.get(ENTRIES[name]["check"])
    with start_server(
        "--fault", name, database_url=faulty_database, environment=environment
    ) as sound:
        assert sightings(ENTRIES[name]["check"], sound, postgres) == []


def test_sound_server_shows_no_fault(server, postgres):
    told = [check for check in PROBES if check not in ENVIRONMENT]
    assert [found for check in told for found in sightings(check, server, postgres)] == []


@pytest.mark.parametrize("check", ENVIRONMENT)
def test_sound_server_with_other_settings_shows_no_fault(check, start_server, postgres):
    with start_server(environment=ENVIRONMENT[check]) as sound:
        assert sightings(check, sound, postgres) == []


def test_every_check_has_a_fault_and_a_twin():
    kinds = {(entry["check"], entry["kind"]) for entry in ENTRIES.values()}
    assert kinds == {(check, kind) for check in PROBES for kind in ("fault", "twin")}


def test_faults_name_operations_of_the_document(run_refcmdb):
    document = json.loads(run_refcmdb("openapi").stdout)
    known = {
        operation["operationId"]
        for path in document["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
    }
    listed = json.loads(run_refcmdb("faults").stdout)
    assert {entry["operation"] for entry in listed} <= {*known, ""}
    assert all(entry["summary"] for entry in listed)


def test_fault_is_refused_on_an_open_address(run_refcmdb, seeded_database):
    done = run_refcmdb(
        *("serve", "--host", "0.0.0.0", "--port", "0", "--fault", "sql-sort-concat"),
        database_url=seeded_database,
        check=False,
    )
    assert done.returncode == 2
    assert "loopback" in done.stderr


def test_unknown_fault_is_refused(run_refcmdb, seeded_database):
    done = run_refcmdb("serve", "--fault", "no-such", database_url=seeded_database, check=False)
    assert done.returncode == 2
    assert "there is no fault 'no-such'" in done.stderr
