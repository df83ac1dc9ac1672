import contextlib
import http.client
import json
import threading
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis

from pytest_cmdbguard import targets
from pytest_cmdbguard.errors import DocumentError, ServiceDied, ServiceError, ServiceMissing
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.seat import Seat, redis_number
from pytest_cmdbguard.services.shared import Shared


def get(base_url, path="/"):
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def seedings(tmp_path):
    return (tmp_path / "seedings").read_text().split()


def processes_of(shared):
    return [json.loads(path.read_text()) for path in shared.run.processes.glob("*.json")]


def test_a_run_has_its_services_its_data_and_its_actors(own_cache, start, settings):
    assert not list(own_cache.glob("snapshot-*"))
    begun = start(settings(), "main")
    (seat,) = begun.seats
    assert get(seat.base_url) == b"50"
    assert [actor.name for actor in seat.actors] == ["reader"]
    assert seat.zap() is None
    begun.environment.require_alive()
    seat.cmdb.require_alive()
    assert begun.shared.details["data"] == "seeded"
    assert begun.shared.details["target"] == "openapi 0.7"


def test_workers_do_not_see_each_others_writes(start, settings):
    begun = start(settings(), "gw0", "gw1")
    one, two = begun.seats
    with psycopg.connect(one.app_database_url) as connection:
        connection.execute("DELETE FROM devices")
    assert (get(one.base_url), get(two.base_url)) == (b"0", b"50")
    assert one.redis_url != two.redis_url


def test_a_seat_that_is_taken_again_has_data_that_nobody_wrote_to(start, settings):
    """As by the trials of faults, one after the other on one server."""
    (seat,) = start(settings(), "gw0").seats
    with psycopg.connect(seat.app_database_url) as connection:
        connection.execute("DELETE FROM devices")
    seat.close()
    seat.open()
    assert get(seat.base_url) == b"50"


def test_workers_learn_of_the_services_through_json(start, settings):
    shared = start(settings()).shared
    assert Shared.from_json(json.loads(json.dumps(shared.to_json()))) == shared


def test_every_worker_has_a_redis_database_of_its_own():
    numbers = [redis_number(worker) for worker in ("main", *(f"gw{n}" for n in range(62)))]
    assert len(set(numbers)) == 63
    assert min(numbers) == 1
    assert max(numbers) == 63


def test_another_instance_may_begin_with_a_redis_that_knows_nothing(start, settings):
    (seat,) = start(settings(), "gw0").seats
    for _ in range(2):  # what the first one left is not there for the second
        with seat.another("limited", {}, own_redis=True) as instance:
            assert instance.redis_url != seat.app_redis_url
            with contextlib.closing(redis.Redis.from_url(instance.redis_url)) as client:
                assert client.dbsize() == 0
                client.set("counted", 1)
    with seat.another("second", {}) as instance:
        assert instance.redis_url == seat.app_redis_url


def test_stopping_leaves_no_process_and_no_directory(start, settings):
    begun = start(settings(), "main")
    entries = processes_of(begun.shared)
    assert {entry["name"] for entry in entries} == {"postgres", "redis", "cmdb-main"}
    begun.environment.stop()  # the seat was not closed: its worker crashed
    begun.environment.stop()
    assert not any(alive(entry["pid"]) for entry in entries)
    assert not begun.shared.run_directory.exists()


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_logs_are_kept_when_told(start, settings, tmp_path):
    begun = start(settings(), "main")
    begun.environment.stop(keep_logs_in=tmp_path / "logs")
    kept = {path.name for path in (tmp_path / "logs").iterdir()}
    assert {"postgres-server.json", "redis.log", "cmdb-main.log"} <= kept


def test_stopping_before_or_in_the_middle_of_a_start_is_harmless(own_cache, settings, toy):
    toy["target"]["seed"] = ["sleep", "60"]
    told = settings()
    others = {child.pid for child in children()}  # servers of other fixtures of this process
    environment = Environment(told, targets.load(told), lambda _: None)
    environment.stop()
    failures = []

    def begin():
        try:
            environment.start()
        except ServiceError as error:
            failures.append(error)

    starting = threading.Thread(target=begin)
    starting.start()
    wait_for(lambda: "sleep" in names(others))
    environment.stop()
    starting.join(10)
    assert failures
    assert not list(own_cache.glob("snapshot-*"))
    assert not {"sleep", "postgres"} & names(others)


def children():
    return [child for child in psutil.Process().children(recursive=True) if runs(child)]


def names(others):
    found = set()
    for child in (child for child in children() if child.pid not in others):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            found.add(child.name())
    return found


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, timeout_s=20):
    event = threading.Event()
    for _ in range(int(timeout_s / 0.02)):
        if condition():
            return
        event.wait(0.02)
    raise AssertionError("waited in vain")


def test_the_second_run_copies_what_the_first_one_seeded(own_cache, start, settings, tmp_path):
    first = start(settings())
    assert list(own_cache.glob("snapshot-*"))
    second = start(settings(), "main")
    assert seedings(tmp_path) == ["50"]
    assert (first.shared.details["data"], second.shared.details["data"]) == ("seeded", "snapshot")
    assert get(second.seats[0].base_url) == b"50"


def test_a_snapshot_of_another_schema_is_not_used(own_cache, start, settings, tmp_path):
    start(settings()).environment.stop()
    assert len(list(own_cache.glob("snapshot-*"))) == 1
    (tmp_path / "schema.sql").write_text("second version")
    assert start(settings()).shared.details["data"] == "seeded"


def test_a_damaged_snapshot_is_discarded(start, settings, own_cache, tmp_path):
    start(settings()).environment.stop()
    (control,) = own_cache.glob("snapshot-*/data/global/pg_control")
    control.write_bytes(bytes(control.stat().st_size))
    begun = start(settings(), "main")
    assert any("snapshot is discarded" in line for line in begun.lines)
    assert seedings(tmp_path) == ["50", "50"]
    assert get(begun.seats[0].base_url) == b"50"


def test_two_first_runs_at_the_same_time_seed_once(own_cache, start, settings, tmp_path):
    origins = []
    told = settings()
    runs = [
        threading.Thread(target=lambda: origins.append(start(told).shared.details["data"]))
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(list(own_cache.glob("snapshot-*"))) == 1
    assert sorted(origins) == ["seeded", "snapshot"]
    assert seedings(tmp_path) == ["50"]


def test_without_a_place_for_snapshots_the_run_goes_on(start, settings, own_cache, monkeypatch):
    (own_cache.parent / "file").write_text("")
    monkeypatch.setattr(
        "pytest_cmdbguard.services.snapshots.Snapshot.path", own_cache.parent / "file" / "x"
    )
    begun = start(settings(), "main")
    assert any("no snapshot is kept" in line for line in begun.lines)
    assert get(begun.seats[0].base_url) == b"50"


def test_a_target_that_dies_is_reported_with_its_last_words(start, settings):
    (seat,) = start(settings(), "main").seats
    with pytest.raises((OSError, http.client.HTTPException)):
        get(seat.base_url, "/die")
    seat.cmdb._process._popen.wait()
    with pytest.raises(ServiceDied, match=r"cmdb-main: died .*status 7.*out of cheese"):
        seat.cmdb.require_alive()


def test_a_dead_postgresql_is_reported_by_the_environment(start, settings):
    begun = start(settings())
    (pid,) = [entry["pid"] for entry in processes_of(begun.shared) if entry["name"] == "postgres"]
    psutil.Process(pid).kill()
    with pytest.raises(ServiceDied, match="postgres: died"):
        wait_for(begun.environment.require_alive, 5)


def test_a_seeding_that_fails_says_which_command_and_why(start, settings, toy):
    toy["target"]["seed"] = ["sh", "-c", "echo no rows today >&2; exit 3", "{database_url}"]
    with pytest.raises(ServiceError, match=r"ended with 3: no rows today"):
        start(settings())


def test_a_broken_document_is_told(start, settings, tmp_path):
    (tmp_path / "openapi.json").write_text("{")
    with pytest.raises(DocumentError, match="is not JSON"):
        start(settings())


class TestExternal:
    """Services that somebody else runs; here it is an embedded one of another run."""

    @pytest.fixture
    def theirs(self, start, settings):
        return start(settings()).shared

    @pytest.fixture
    def elsewhere(self, theirs, toy):
        toy["services"] = {
            "postgres": {"url": theirs.postgres.url("postgres", role="admin")},
            "redis": {"url": theirs.redis_url},
        }
        return toy

    def databases(self, theirs):
        with theirs.postgres.connect() as connection:
            found = connection.execute(
                "SELECT datname FROM pg_database UNION SELECT rolname FROM pg_roles"
            )
            return {name for (name,) in found if name.startswith("cmdbguard_")}

    def test_databases_and_a_role_of_our_own_are_made_and_dropped(
        self, theirs, elsewhere, start, settings
    ):
        before = self.databases(theirs)
        begun = start(settings(services="external", tables=elsewhere), "main")
        (seat,) = begun.seats
        assert get(seat.base_url) == b"50"
        assert len(self.databases(theirs) - before) == 2
        with psycopg.connect(seat.app_database_url) as connection:
            assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
        seat.close()
        begun.environment.stop()
        assert self.databases(theirs) == before

    def test_what_a_dead_run_left_there_is_dropped(self, theirs, elsewhere, start, settings):
        with theirs.postgres.connect() as connection:
            connection.execute("CREATE DATABASE cmdbguard_0a0a0a0a_gw0")
        start(settings(services="external", tables=elsewhere))
        assert "cmdbguard_0a0a0a0a_gw0" not in self.databases(theirs)

    def test_a_running_target_is_used_as_it_is(self, theirs, elsewhere, start, settings):
        (running,) = [Seat(theirs, settings(), targets.load(settings()))]
        running.open()
        del elsewhere["target"]["command"]
        elsewhere["target"]["url"] = running.base_url
        elsewhere["services"]["postgres"]["url"] = running.database_url
        begun = start(settings(tables=elsewhere), "main")
        (seat,) = begun.seats
        assert seat.base_url == running.base_url
        assert seat.database_url == running.database_url
        assert not processes_of(begun.shared)
        running.close()

    def test_what_nobody_told_of_a_running_target_is_missing(self, theirs, toy, start, settings):
        running = Seat(theirs, settings(), targets.load(settings()))
        running.open()
        del toy["target"]["command"]
        toy["target"]["url"] = running.base_url
        (seat,) = start(settings(), "main").seats
        with pytest.raises(ServiceMissing, match=r"its database is not known.*services\.postgres"):
            _ = seat.database_url
        with pytest.raises(ServiceMissing, match=r"its Redis is not known.*services\.redis"):
            _ = seat.redis_url
        running.close()
