"""Checks of running containers: green on the hardened image, red with each kind of gap."""

import json
import subprocess
import sys

import pytest

from pytest_cmdbguard.services.containers import daemon

# one fault of each check, and twins of some; most need no image of their own, which takes long
FAULTS = (
    "container-user-overruled",
    "container-seccomp-off",
    "container-docker-socket",
    "container-writable",
    "container-memory-unlimited",
    "container-secret-deleted",
    "container-unhealthy",
    "container-image-old",
)
TWINS = (
    "container-low-port",
    "container-one-file-to-read",
    "container-places-in-memory",
    "container-tight-limits",
    "container-secret-elsewhere",
)


def test_the_hardened_image_is_accepted_and_has_a_bill_of_materials(runs):
    status, output = runs.run("--cmdbguard-select", "container-hardening")
    assert status == 0, output
    assert "container-hardening  passed   10/10" in output
    bill = json.loads((runs.directory / "cmdbguard-report" / "sbom-image.cdx.json").read_text())
    found = {component["purl"].partition("@")[0] for component in bill["components"]}
    assert {"pkg:pypi/uvicorn", "pkg:deb/debian/iputils-ping"} <= found


def test_faults_in_containers_are_found_and_twins_left_alone(runs, docker):
    before = {image.id for image in docker.images.list()}
    command = [sys.executable, "-m", "pytest_cmdbguard.faults", "--services", "containers"]
    finished = subprocess.run(
        [*command, "--zap", "off", *FAULTS, *TWINS],
        capture_output=True,
        text=True,
        check=False,
        cwd=runs.directory,
    )
    lines = finished.stdout.splitlines()
    expected = f"faults: {len(FAULTS)} planted, {len(FAULTS)} found; twins: {len(TWINS)} sound, 0 "
    assert lines[-1].startswith(expected), finished.stdout + finished.stderr
    assert {image.id for image in docker.images.list()} <= before


def test_everything_that_a_run_starts_is_confined(docker, start):
    begun = start(zap="auto")
    begun.seat.zap()
    label = {"label": f"{daemon.LABEL}={begun.shared.run.id}"}
    found = {
        one.name.rpartition("-")[2]: one.attrs for one in docker.containers.list(filters=label)
    }
    assert set(found) == {"postgres", "redis", "zap", "main"}
    for attributes in found.values():
        host = attributes["HostConfig"]
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"] == ["no-new-privileges"]
        assert host["ReadonlyRootfs"]
        assert host["PidsLimit"] == 512
        assert min(host["Memory"], host["NanoCpus"]) > 0
    assert not found["main"]["HostConfig"]["CapAdd"]
    assert not found["zap"]["HostConfig"]["CapAdd"]


@pytest.fixture
def deployed(runs):
    """Gates the services of a compose file, of which one text was replaced by another."""

    def run(*words, old="", new=""):
        service = f"""\
services:
  cmdb:
    image: cmdbguard-ci/refcmdb-trial
    user: "10001:10001"
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    tmpfs: ["/tmp:nosuid"]
    deploy: {{resources: {{limits: {{memory: 1g, pids: 200, cpus: "1"}}}}}}
  database:
    image: ${{DATABASE:-{runs.images["postgres"]}}}
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 1g
    pids_limit: 200
    cpus: 1
"""
        assert old in service
        (runs.directory / "compose.yaml").write_text(service.replace(old, new))
        (runs.directory / "cmdbguard.toml").write_text(
            f'[containers]\ncompose = "compose.yaml"\nredis = "{runs.images["redis"]}"\n'
            'pull = "never"\nservices = { cmdb = "cmdb", postgres = "database" }\n'
            '[target]\nbuild_files = ["compose.yaml"]\n'
        )
        return runs.run("--cmdbguard-select", "CG-BUILD-002", "CG-CONT-004", "CG-CONT-005", *words)

    return run


def test_services_of_a_compose_file_are_started_as_it_says(deployed):
    status, output = deployed()
    assert status == 0, output
    assert "containers PostgreSQL" in output


def test_a_gap_in_a_compose_file_is_seen_in_the_file_and_in_the_container(deployed):
    status, output = deployed(
        old="    read_only: true\n    cap_drop: [ALL]\n", new="    cap_drop: [ALL]\n"
    )
    assert status == 1, output
    assert "compose.yaml, service cmdb: read_only is false" in output
    assert "HostConfig.ReadonlyRootfs is false" in output


def test_a_service_that_is_not_there_is_told(runs):
    (runs.directory / "compose.yaml").write_text("services: {app: {image: x}}\n")
    (runs.directory / "cmdbguard.toml").write_text(
        '[containers]\ncompose = "compose.yaml"\nservices = { cmdb = "cmdb" }\n'
    )
    status, output = runs.run()
    assert status == 4, output
    assert "containers.services.cmdb = 'cmdb'" in output
    assert "compose.yaml has no such service; it has: app" in output
