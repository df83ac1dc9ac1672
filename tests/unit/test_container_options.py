"""``[containers]`` of ``cmdbguard.toml``, and the names of images."""

import dataclasses

import pytest

from pytest_cmdbguard import targets
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.services.containers import daemon
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
    ],
)
def test_what_cannot_be_used(settings, table, says):
    with pytest.raises(SettingsError, match=says):
        Options.read(settings(table))


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
