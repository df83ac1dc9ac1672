"""What a run starts in containers: reachable here and there, seen by witnesses, gone after."""

import dataclasses
import time
import urllib.request

import psycopg
import pytest
import redis

from pytest_cmdbguard import targets
from pytest_cmdbguard.campaigns.running_container import RunningContainer
from pytest_cmdbguard.errors import ServiceDied, ServiceError, ServiceMissing, ServiceNotReady
from pytest_cmdbguard.services.containers import commands, daemon
from pytest_cmdbguard.services.containers.container import Container, Plan
from pytest_cmdbguard.services.containers.options import Options
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.settings import Settings
from pytest_cmdbguard.targets import refcmdb
from pytest_cmdbguard.witnesses.audit import AuditWitness
from pytest_cmdbguard.witnesses.container import ContainerWitness
from pytest_cmdbguard.witnesses.listener import Listener
from pytest_cmdbguard.witnesses.sql import SqlWitness

OPTIONS = Options(cmdb="cmdbguard-ci/refcmdb-trial", pull="never", timeout_s=60)
DEBIAN = "cmdbguard-ci/debian"
IMAGES = {"cmdb": OPTIONS.cmdb, "pull": "never"}


@pytest.fixture
def network(docker, leftovers):
    """A run with nothing but its directory and its network."""
    run = RunDirectory.create()
    assert leftovers.all() == []
    docker.networks.create(f"cmdbguard-{run.id}", labels=daemon.labels(run))
    yield run
    run.close()
    daemon.remove(docker, run.id)
    run.remove()


def of_run(docker, begun):
    return docker.containers.list(filters={"label": f"{daemon.LABEL}={begun.shared.run.id}"})


def test_all_services_run_on_loopback_ports_of_one_network(docker, start):
    begun = start()
    found = {one.name.rpartition("-")[2]: one.attrs for one in of_run(docker, begun)}
    assert set(found) == {"postgres", "redis", "main"}
    for attributes in found.values():
        published = [p for ports in attributes["NetworkSettings"]["Ports"].values() for p in ports]
        assert published
        assert {one["HostIp"] for one in published} == {"127.0.0.1"}
        assert list(attributes["NetworkSettings"]["Networks"]) == [
            f"cmdbguard-{begun.shared.run.id}"
        ]
    with psycopg.connect(begun.seat.database_url) as connection:
        query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(query).fetchone() == (True,)
    assert begun.seat.redis_url.startswith("rediss://")
    with redis.Redis.from_url(begun.seat.redis_url) as client:
        assert client.ping()
    with urllib.request.urlopen(begun.seat.base_url + "/health") as answer:
        assert answer.status == 200


def test_a_second_start_uses_the_snapshot_of_the_first(start):
    first = start()
    assert start().shared.details["data"] == "snapshot"
    assert first.shared.details["postgres"] >= "15"


def test_witnesses_see_into_the_containers(start):
    seat = start().seat
    token = "zq0123456789ab"
    witness = SqlWitness(seat.database_url)
    mark = witness.mark()
    headers = seat.actors[0].headers
    url = f"{seat.base_url}/api/v1/devices?q={token}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        assert answer.status == 200
    assert any(token in str(statement) for statement in witness.since(mark))
    witness.close()
    assert AuditWitness(seat.cmdb.watch.directory / "audit.log").sees
    assert seat.cmdb.pid
    assert "uvicorn" in seat.cmdb.log.read_text()


def test_the_listener_stands_on_the_containers_own_loopback_interface(docker, start):
    seat = start().seat
    container = docker.containers.get(f"cmdbguard-{seat.run.id}-{seat.cmdb.name}")
    with Listener(*seat.own_networks) as listener:
        call = f"import urllib.request as u; u.urlopen('{listener.url('zqtoken')}')"
        assert container.exec_run(["python", "-c", call]).exit_code == 0
        assert listener.hits("zqtoken", within_s=2)


def test_the_target_runs_without_privileges_of_any_kind(docker, start):
    seat = start().seat
    host = docker.containers.get(f"cmdbguard-{seat.run.id}-{seat.cmdb.name}").attrs["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert not host["Privileged"]


def test_one_that_dies_is_told_with_its_last_words(network):
    words = ["sh", "-c", "sleep 2; echo the end is near; exit 7"]
    container = Container(network, Plan(name="toy", image=DEBIAN, command=words), options=OPTIONS)
    container.require_alive()
    deadline = time.monotonic() + 30
    while container.status() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    with pytest.raises(ServiceDied, match=r"status 7.*the end is near"):
        container.require_alive()
    container.stop()


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo no luck; exit 3", r"ended with status 3; its last words: no luck"),
        ("echo busy; sleep 60", r"timeout_s.*its last words: busy"),
    ],
    ids=["ended", "slow"],
)
def test_one_that_never_answers_is_told_with_its_last_words(network, script, says):
    plan = Plan(name="toy", image=DEBIAN, command=["sh", "-c", script])
    container = Container(network, plan, options=OPTIONS)
    with pytest.raises(ServiceNotReady, match=says):
        container.wait_ready(lambda: None, timeout_s=3)


def test_a_user_with_a_name_is_known_by_its_processes_alone(docker, network):
    plan = Plan(name="toy", image=DEBIAN, command=["sleep", "60"], arguments={"user": "nobody"})
    container = Container(network, plan, options=OPTIONS)
    seen = ContainerWitness(docker, container.name, process=container.pid)
    assert not list(RunningContainer(seen).root())
    unseen = ContainerWitness(docker, container.name, process=None)
    with pytest.raises(pytest.skip.Exception, match="what number user 'nobody' has"):
        list(RunningContainer(unseen).root())
    container.stop()


def test_one_that_cannot_write_is_told_what_to_do(network):
    words = ["sh", "-c", "touch /here"]
    plan = Plan(name="toy", image=DEBIAN, command=words, arguments={"read_only": True})
    container = Container(network, plan, options=OPTIONS)
    with pytest.raises(
        ServiceNotReady, match=r"Read-only file system(?s:.*)tmpfs of \[containers"
    ):
        container.wait_ready(lambda: None, timeout_s=30)


def test_an_image_that_is_not_there(network):
    plan = Plan(name="toy", image="cmdbguard-ci/nothing:none")
    with pytest.raises(
        ServiceMissing, match=r"no image cmdbguard-ci/nothing:none .*\[containers\]"
    ):
        Container(network, plan, options=OPTIONS)


def test_nothing_starts_in_a_run_that_is_being_stopped(network):
    network.close()
    plan = Plan(name="toy", image=DEBIAN, command=["sleep", "60"])
    with pytest.raises(ServiceMissing, match="being stopped"):
        Container(network, plan, options=OPTIONS)


@pytest.mark.usefixtures("leftovers")
def test_a_command_of_an_image_says_what_went_wrong():
    assert '"openapi"' in commands.run(OPTIONS.cmdb, ["openapi"], environment={}, options=OPTIONS)
    with pytest.raises(ServiceError, match=r"`migrate` .* ended with 2: .*REFCMDB_DATABASE_URL"):
        commands.run(OPTIONS.cmdb, ["migrate"], environment={}, options=OPTIONS)
    told = {"REFCMDB_DATABASE_URL": "postgresql://x"}
    words = ["serve", "--host", "0.0.0.0", "--fault", "sql-sort-concat"]
    with pytest.raises(ServiceError, match=r"ended with 2: .*loopback"):
        commands.run(OPTIONS.cmdb, words, environment=told, options=OPTIONS)


def test_what_a_dead_run_left_is_swept_and_what_a_live_one_has_is_not(docker, network, leftovers):
    live = Container(
        network, Plan(name="live", image=DEBIAN, command=["sleep", "60"]), options=OPTIONS
    )
    labels = {daemon.LABEL: "deadbeef", daemon.OWNER: f"{leftovers.temporary}/cmdbguard-deadbeef"}
    docker.containers.create(DEBIAN, "true", name="cmdbguard-deadbeef-toy", labels=labels)
    docker.networks.create("cmdbguard-deadbeef", labels=labels)
    docker.volumes.create("cmdbguard-deadbeef-data", labels=labels)
    assert sorted(one for one in daemon.sweep(docker) if "deadbeef" in one) == [
        "cmdbguard-deadbeef",
        "cmdbguard-deadbeef-data",
        "cmdbguard-deadbeef-toy",
    ]
    live.require_alive()
    live.stop()


def test_one_that_is_gone_already_is_ended_without_a_word(docker, network):
    container = Container(
        network, Plan(name="toy", image=DEBIAN, command=["sleep", "60"]), options=OPTIONS
    )
    docker.containers.get(f"cmdbguard-{network.id}-toy").remove(force=True)
    with pytest.raises(ServiceError, match="No such container"):
        container.require_alive()
    container.stop()
    container.stop()


def test_document_of_an_image_is_asked_for_once(docker, tmp_path, monkeypatch):
    monkeypatch.setenv("CMDBGUARD_CACHE", str(tmp_path / "cache"))
    settings = dataclasses.replace(
        Settings.defaults(tmp_path), services="containers", tables={"containers": IMAGES}
    )

    def told():
        """The document as another process gets it, and how many containers that took."""
        time.sleep(1.1)  # events are told by whole seconds
        refcmdb._document.cache_clear()
        began = int(time.time())
        document = targets.load(settings).document()
        wanted = {"type": "container", "event": "create"}
        until = int(time.time()) + 1
        made = docker.events(since=began, until=until, decode=True, filters=wanted)
        return document, len(list(made))

    document, containers = told()
    assert (containers, document["info"]["title"]) == (1, "refcmdb")
    assert told() == (document, 0)
    for kept in (tmp_path / "cache").glob("document-*/openapi.json"):
        kept.unlink()
    assert told() == (document, 1)
