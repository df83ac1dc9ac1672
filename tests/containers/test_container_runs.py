"""The gate in containers: green and red like the embedded one, and nothing is left of it."""

import secrets
import shutil
import signal
import tomllib
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "assets"
TABLE = {
    "postgres": "cmdbguard-ci/postgres",
    "redis": "cmdbguard-ci/valkey",
    "zap": "cmdbguard-ci/zap",
    "cmdb": "cmdbguard-ci/refcmdb-trial",
}
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
        ("tls-old-versions", "CG-TLS-001", "is forbidden"),
    ],
)
def test_a_fault_is_seen_inside_the_container(runs, fault, check, words):
    status, output = runs.run("--cmdbguard-fault", fault, "--cmdbguard-select", check)
    assert status == 1, output
    assert words in output
    assert "gate closed" in output


def test_the_balancer_is_a_container_before_two_instances(runs, leftovers):
    process = runs.begin("--cmdbguard-select", "https")
    wanted = {"front-main", "cmdb-main", "cmdb-main-second"}
    runs.wait_for(lambda: wanted <= {name.partition("-")[2][9:] for name in leftovers.all()})
    assert process.wait(300) == 0, runs.output


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
    assert {"postgres", "redis", "main"} <= {name.rpartition("-")[2] for name in dead}
    status, output = runs.run(*SELECTED)
    assert status == 0, output
    assert f"swept {len(dead)} containers and networks of dead runs" in output
    assert leftovers.all() == []


@pytest.fixture
def assets(runs, docker):
    """Builds the example's image and gates it, from ``examples/assets/containers``."""
    tag = f"cmdbguard-ci/assets-{secrets.token_hex(4)}"
    without = shutil.ignore_patterns("test_*", "containers")
    shutil.copytree(EXAMPLE, runs.directory / "assets", ignore=without)
    settings = tomllib.loads((EXAMPLE / "containers" / "cmdbguard.toml").read_text())
    table = {name: image for name, image in TABLE.items() if name != "cmdb"}
    assert set(settings["containers"]) <= set(table)
    text = (EXAMPLE / "containers" / "cmdbguard.toml").read_text()
    for name, image in settings["containers"].items():
        text = text.replace(f'{name} = "{image}"', f'{name} = "{table[name]}"')
    text = text.replace("image:assets", f"image:{tag}")
    (runs.directory / "cmdbguard.toml").write_text(text.replace("../openapi", "assets/openapi"))

    def run(*words, replace=("", "")):
        app = runs.directory / "assets" / "app.py"
        assert replace[0] in app.read_text()
        app.write_text(app.read_text().replace(*replace))
        arguments = {"BASE": TABLE["cmdb"], "PACKAGES": ""}
        path = str(runs.directory / "assets")
        docker.images.build(path=path, tag=tag, buildargs=arguments, rm=True)
        return runs.run(*words)

    yield run
    docker.images.remove(tag, force=True)


def test_somebody_elses_image_is_gated(assets):
    status, output = assets("--cmdbguard-select", "sql-injection", "access-control")
    assert status == 0, output
    assert "2 of 2 criteria accepted: gate open" in output


def test_a_fault_in_somebody_elses_image_is_proven(assets):
    found = "where tenant = $1 and name ^@ $2 order by"
    planted = 'where tenant = $1 and $2::text = $2 and name ^@ \'""" + q + """\' order by'
    status, output = assets("--cmdbguard-select", "CG-INJ-001", replace=(found, planted))
    assert status == 1, output
    assert "GET /assets, query parameter q" in output
