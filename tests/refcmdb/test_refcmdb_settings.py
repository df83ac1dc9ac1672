"""The environment and the command line: wrong input is one line and status 2."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from refcmdb.services.database import asyncpg_url
from refcmdb.settings import Settings, SettingsError

GOOD = {"REFCMDB_DATABASE_URL": "postgresql://u@h/d"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REFCMDB_DATABASE_URL", ""),
        ("REFCMDB_DATABASE_URL", "mysql://h/d"),
        ("REFCMDB_REDIS_URL", "http://h"),
        ("REFCMDB_CACHE_TTL", "soon"),
        ("REFCMDB_CACHE_TTL", "0"),
        ("REFCMDB_CACHE_TTL", "٣"),
        ("REFCMDB_POOL_SIZE", "1000"),
        ("REFCMDB_POOL_SIZE", "9" * 5000),
        ("REFCMDB_SECRET", "short"),
        ("REFCMDB_BALANCERS", "balancer"),
        ("REFCMDB_BALANCERS", "192.0.2.1/24"),
    ],
)
def test_wrong_value_names_its_variable(variable, value):
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment(GOOD | {variable: value})


def test_secrets_stay_out_of_the_representation():
    settings = Settings.from_environment(
        {"REFCMDB_DATABASE_URL": "postgresql://u:pa55@h/d", "REFCMDB_SECRET": "s" * 20}
    )
    assert "pa55" not in repr(settings)
    assert "ssss" not in repr(settings)


def test_secrets_may_stand_in_files(tmp_path):
    (tmp_path / "url").write_text("postgresql://u:pa55@h/d\n")
    settings = Settings.from_environment({"REFCMDB_DATABASE_URL_FILE": f"{tmp_path}/url"})
    assert settings.database_url == "postgresql://u:pa55@h/d"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (GOOD | {"REFCMDB_SECRET_FILE": "/nowhere"}, "REFCMDB_SECRET_FILE names .*No such file"),
        (GOOD | {"REFCMDB_DATABASE_URL_FILE": "/x"}, "is set, and REFCMDB_DATABASE_URL_FILE too"),
    ],
    ids=["absent", "both"],
)
def test_a_secret_comes_from_one_file_that_is_there(environment, says):
    with pytest.raises(SettingsError, match=says):
        Settings.from_environment(environment)


def test_wrong_setting_is_one_line_and_status_2(run_refcmdb):
    done = run_refcmdb("seed", database_url="mysql://h/d", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "REFCMDB_DATABASE_URL" in done.stderr


def test_what_a_shell_exports_does_not_reach_the_tests():
    """A wrong value of another variable would be told first."""
    inner = f"{__file__}::{test_wrong_setting_is_one_line_and_status_2.__name__}"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", inner]
    done = subprocess.run(
        command,
        env=os.environ | {"REFCMDB_ALERTS": "broken"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("command", ["migrate", "seed", "tokens admin", "serve --port 0"])
def test_database_that_is_not_there_is_one_line(run_refcmdb, command):
    done = run_refcmdb(
        *command.split(), database_url="postgresql://u@/d?host=/nowhere", check=False
    )
    assert done.returncode in {1, 3}
    assert "Traceback" not in done.stderr.splitlines()[-1]
    assert "nowhere" in done.stderr or command.startswith("serve")


def test_unknown_user_gets_no_token(run_refcmdb, seeded_database):
    done = run_refcmdb("tokens", "admin", "nobody", database_url=seeded_database, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_parameters_of_libpq_do_not_reach_asyncpg():
    url = "postgresql://u:p%40@h/d?connect_timeout=5&sslmode=verify-full&channel_binding=prefer"
    assert asyncpg_url(url) == "postgresql://u:p%40@h/d?sslmode=verify-full"
