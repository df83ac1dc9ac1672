"""``[containers]`` of ``cmdbguard.toml``, and the names of images."""

import dataclasses

import pytest

from pytest_cmdbguard import targets
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.services.containers import daemon
from pytest_cmdbguard.services.containers.confining import TARGET
from pytest_cmdbguard.services.containers.options import Options
from pytest_cmdbguard.settings import Settings


@pytest.fixture
def settings(tmp_path):
    def make(table=None, **changes):
        found = Settings.defaults(tmp_path)
        tables = {"containers": table or {}, "target": {"document": "openapi.json"}}
        return dataclasses.replace(found, tables=tables, **changes)

    return make


def test_official_images_are_the_default(settings):
    options = Options.read(settings())
    assert (options.postgres, options.redis) == ("postgres:18", "valkey/valkey:9")
    assert options.zap.startswith("zaproxy/zap-stable:")


def test_what_is_said_wins(settings):
    told = {"postgres": "mine@sha256:ab", "pull": "never", "timeout_s": 7}
    options = Options.read(settings(told))
    assert {name: getattr(options, name) for name in told} == told


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"postgers": "x"}, "containers.postgers = 'x'.*no such key; known are: postgres, redis"),
        ({"postgres": ""}, "containers.postgres = ''.*text that is not empty"),
        ({"redis": 7}, "containers.redis = 7.*text that is not empty"),
        ({"pull": "often"}, "containers.pull = 'often'.*one of: missing, always, never"),
        ({"timeout_s": 0}, "containers.timeout_s = 0.*whole number of seconds"),
        ({"timeout_s": True}, "containers.timeout_s = True.*whole number of seconds"),
        ({"run": "hard"}, "containers.run = 'hard'.*write a table"),
        ({"run": {"memory": "1g"}}, "containers.run.memory = '1g'.*known are: user, privileged"),
        ({"run": {"read_only": "yes"}}, "containers.run.read_only = 'yes'.*true or false"),
        ({"run": {"pids_limit": True}}, "containers.run.pids_limit = True.*write a number"),
        ({"run": {"volumes": ["data:/data"]}}, "containers.run.volumes = 'data:/data'.*absolute"),
        ({"compose": "c.yaml"}, r"containers.services = \{\}.*cmdb = "),
        ({"compose": "c.yaml", "services": {"cmdb": "a"}}, "containers.compose.*c.yaml"),
    ],
)
def test_what_cannot_be_used(settings, table, says):
    with pytest.raises(SettingsError, match=says):
        Options.read(settings(table))


def test_the_target_is_confined_unless_somebody_says_otherwise(settings):
    assert Options.read(settings()).run.arguments == TARGET
    told = {"run": {"read_only": False, "cpus": 0.5, "pid": "host", "environment": {"A": 1}}}
    run = Options.read(settings(told)).run
    changes = {"read_only": False, "nano_cpus": 500_000_000, "pid_mode": "host"}
    assert run.arguments == TARGET | changes
    assert run.environment == {"A": "1"}


COMPOSE = """\
services:
  app:
    image: ${CMDB_IMAGE:-cmdb:1}
    user: "10001"
    cap_drop: [ALL]
    tmpfs: /tmp
    deploy: {resources: {limits: {memory: 1g, pids: 64, cpus: "0.5"}}}
    healthcheck: {test: [CMD, "true"]}
    environment: {SECRET: x}
    volumes: ["/etc:/etc"]
  db: {image: "postgres:17"}
  built: {build: .}
"""


def test_a_compose_file_says_images_and_how_the_cmdb_is_confined(settings, monkeypatch):
    told = settings({"compose": "c.yaml", "services": {"cmdb": "app", "postgres": "db"}})
    (told.rootpath / "c.yaml").write_text(COMPOSE)
    monkeypatch.setenv("CMDB_IMAGE", "cmdb:2")
    options = Options.read(told)
    assert (options.cmdb, options.postgres, options.redis) == (
        "cmdb:2",
        "postgres:17",
        "valkey/valkey:9",
    )
    arguments = dict(options.run.arguments)
    assert arguments.pop("healthcheck")["test"] == ["CMD", "true"]
    assert arguments == {
        "user": "10001",
        "cap_drop": ["ALL"],
        "tmpfs": {"/tmp": ""},
        "mem_limit": str(2**30),
        "pids_limit": 64,
        "nano_cpus": 500_000_000,
    }
    assert not options.run.volumes
    assert not options.run.environment


@pytest.mark.parametrize(
    ("name", "says"),
    [("web", "no such service; it has: app, built, db"), ("built", "name its image")],
)
def test_a_service_that_cannot_be_started_is_told(settings, name, says):
    told = settings({"compose": "c.yaml", "services": {"cmdb": name}})
    (told.rootpath / "c.yaml").write_text(COMPOSE)
    with pytest.raises(SettingsError, match=says):
        Options.read(told)


def test_an_image_without_a_name_is_that_of_the_compose_file(settings):
    table = {"compose": "c.yaml", "services": {"cmdb": "app"}}
    told = settings(table, target="image:", services="containers")
    (told.rootpath / "c.yaml").write_text(COMPOSE)
    assert targets.load(told).image == "cmdb:1"


def test_refcmdb_in_containers_needs_its_image(settings):
    with pytest.raises(SettingsError, match=r"containers.cmdb = ''.*docker build --file"):
        targets.load(settings(services="containers"))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"url": "http://127.0.0.1:1"}, "target.url.*is started as a container; remove url"),
        ({"port": "http"}, "target.port = 'http'"),
    ],
)
def test_an_image_is_no_running_service(settings, table, says):
    told = settings(target="image:cmdb:1", services="containers")
    told.tables["target"].update(table)
    with pytest.raises(SettingsError, match=says):
        targets.load(told)


def test_an_image_has_a_name(settings):
    with pytest.raises(SettingsError, match="name the image"):
        targets.load(settings(target="image:", services="containers"))


def test_an_image_follows_its_entrypoint_and_no_interpreter_of_ours(settings):
    told = settings(target="image:cmdb:1", services="containers")
    told.tables["target"].update({"command": ["python", "{port}"], "port": 81})
    target = targets.load(told)
    assert (target.image, target.port) == ("cmdb:1", 81)
    argv, _ = target.command(port=81, database_url="", redis_url="")
    assert argv == ["python", "81"]


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("postgres", ("postgres", "latest")),
        ("postgres:18", ("postgres", "18")),
        ("localhost:5000/cmdb", ("localhost:5000/cmdb", "latest")),
        ("localhost:5000/cmdb:4", ("localhost:5000/cmdb", "4")),
        ("postgres@sha256:ab", ("postgres@sha256:ab", None)),
    ],
)
def test_only_one_tag_of_an_image_is_pulled(image, parts):
    assert daemon._repository(image) == parts
