"""A compose file as a run brings it up: nothing of anybody else's is touched."""

import pytest

from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.services.containers import compose
from pytest_cmdbguard.services.containers.blueprint import REDIS_SCHEMES, Blueprint, telling

COMPOSE = """\
services:
  app:
    image: app:1
    container_name: production
    restart: always
    environment: {CACHE: "unix:///run/cache/s", COLOUR: "red"}
    secrets: [dsn]
    volumes: ["files:/files", "./readme:/readme:ro"]
  web:
    image: web:1
    ports: ["443:8443", "53:53/udp"]
  db:
    image: postgres:18
    ports: ["5432:5432"]
    command: [postgres, -c, "shared_preload_libraries=timescaledb"]
  cache: {image: "redis:8"}
secrets: {dsn: {file: ./dsn}}
volumes: {files: {name: production-files}}
networks: {default: {name: production-network}}
"""
LABELS = {"cmdbguard.run": "0"}


@pytest.fixture
def drawn(tmp_path):
    """What a run makes of the file, in which one text was replaced by another."""
    (tmp_path / "dsn").write_text("postgresql+asyncpg://app:secret@database.local/cmdb\n")
    (tmp_path / "readme").mkdir()

    def draw(old="", new="", **roles):
        assert old in COMPOSE
        file = tmp_path / "compose.yaml"
        file.write_text(COMPOSE.replace(old, new, 1))
        told = {"postgres": "db", "redis": "cache", "balancer": "web"} | roles
        made = Blueprint(file=file, model=compose.model(file), instances=("app",), **told)
        return made.drawn(
            network="cmdbguard-0",
            labels=LABELS,
            laid={tmp_path: ("/watch", "ro")},
            environment={"COLOUR": "blue"},
            command=None,
            pull="never",
        )

    return draw


def test_names_and_ports_of_others_are_left_alone(drawn):
    model = drawn()
    assert "name" not in model
    assert "name" not in model["volumes"]["files"]
    assert "name" not in model["networks"]["default"]
    assert "container_name" not in model["services"]["app"]
    assert "ports" not in model["services"]["app"]
    for name, port in (("web", 8443), ("db", 5432), ("cache", 6379)):
        (published,) = model["services"][name]["ports"]
        assert (published["host_ip"], published["target"]) == ("127.0.0.1", port)
        assert "published" not in published


def test_all_of_it_can_be_found_again(drawn):
    model = drawn()
    everything = [*model["services"].values(), model["volumes"]["files"]]
    assert all(one["labels"] == LABELS for one in everything)
    assert model["networks"]["default"]["labels"] == LABELS
    assert model["services"]["app"]["restart"] == "no"


def test_the_instances_are_looked_into(drawn, tmp_path):
    service = drawn()["services"]["app"]
    assert service["environment"]["COLOUR"] == "blue"
    assert {"type": "bind", "source": str(tmp_path), "target": "/watch", "read_only": True} in (
        service["volumes"]
    )
    assert any(one["target"] == "/files" for one in service["volumes"])


def test_database_and_cache_are_reached_as_the_instances_call_them(drawn):
    services = drawn()["services"]
    assert services["db"]["networks"]["cmdbguard"] == {"aliases": ["database.local", "db"]}
    assert services["cache"]["networks"]["cmdbguard"] == {"aliases": ["cache"]}
    assert services["cache"]["command"] == ["--port", "6379"]  # it is on a Unix socket else


def test_postgresql_tells_besides_what_it_loads():
    assert telling(["postgres", "-c", "shared_preload_libraries=timescaledb"])[-1] == (
        "shared_preload_libraries=timescaledb,pg_stat_statements,auto_explain"
    )
    assert "logging_collector=on" in telling(["postgres"])


def test_urls_are_found_in_variables_and_secrets(tmp_path):
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "dsn").write_text("postgresql+asyncpg://app:secret@database.local/cmdb\n")
    file = tmp_path / "compose.yaml"
    made = Blueprint(file=file, model=compose.model(file), instances=("app",), balancer="web")
    assert made.url(REDIS_SCHEMES) == "unix:///run/cache/s"
    assert made.url(("postgresql",)).endswith("@database.local/cmdb")
    assert made.url(("amqp",)) == ""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "{name: production-files}",
            "{external: true}",
            "files of volumes is external.*let it go",
        ),
        ("/readme:ro", "/readme", "app may write to /.*/readme of this machine: use a volume"),
        ('ports: ["443:8443", "53:53/udp"]', "", "balancer = 'web'.*publish the port"),
        ('ports: ["443:8443", "53:53/udp"]', "ports: ['53:53/udp']", "publish the port"),
        ('cache: {image: "redis:8"}', 'cache: {image: r, network_mode: "none"}', "network_mode"),
    ],
)
def test_what_would_reach_beyond_the_run_is_refused(drawn, old, new, says):
    with pytest.raises(SettingsError, match=says):
        drawn(old, new)
