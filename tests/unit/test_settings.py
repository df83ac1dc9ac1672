"""What a user may say, where, and what is said back when it cannot be used."""

from __future__ import annotations

import pytest

from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.settings import OPTIONS, Settings, is_enabled

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for option in OPTIONS:
        monkeypatch.delenv(option.key.upper(), raising=False)


def test_there_are_at_most_eleven_options_and_all_have_the_prefix():
    assert len(OPTIONS) <= 11
    assert all(option.flag.startswith("--cmdbguard") for option in OPTIONS)


def test_defaults(pytester):
    settings = Settings.from_config(pytester.parseconfig())
    assert (settings.target, settings.services, settings.profile) == (
        "refcmdb",
        "embedded",
        "quick",
    )
    assert (settings.records, settings.users, settings.zap) == (100_000, 1000, "auto")
    assert settings.report == pytester.path / "cmdbguard-report"
    assert settings.sources == {}


def test_flag_beats_environment_beats_file_beats_ini(pytester, monkeypatch):
    pytester.makeini("[pytest]\ncmdbguard_records = 1\ncmdbguard_profile = full")
    settings = Settings.from_config(pytester.parseconfig())
    assert (settings.records, settings.sources["records"]) == (1, "ini")

    pytester.path.joinpath("cmdbguard.toml").write_text("records = 2")
    settings = Settings.from_config(pytester.parseconfig())
    assert (settings.records, settings.sources["records"]) == (2, "cmdbguard.toml")

    monkeypatch.setenv("CMDBGUARD_RECORDS", "3")
    settings = Settings.from_config(pytester.parseconfig())
    assert (settings.records, settings.sources["records"]) == (3, "environment")

    settings = Settings.from_config(pytester.parseconfig("--cmdbguard-records", "4"))
    assert (settings.records, settings.sources["records"]) == (4, "command line")
    assert (settings.profile, settings.sources["profile"]) == ("full", "ini")


def test_a_table_gives_the_option_of_the_same_name(pytester):
    pytester.path.joinpath("cmdbguard.toml").write_text(
        '[target]\nname = "openapi"\ndocument = "api.json"\n'
        '[services]\nprovider = "external"\n[services.postgres]\nurl = "postgresql://x"\n'
    )
    settings = Settings.from_config(pytester.parseconfig())
    assert (settings.target, settings.services) == ("openapi", "external")
    assert settings.table("services", "postgres") == {"url": "postgresql://x"}
    assert settings.table("actors") == {}


def test_select_takes_blanks_commas_and_repetition(pytester):
    config = pytester.parseconfig("--cmdbguard-select", "a", "b,c", "--cmdbguard-select", "d")
    assert Settings.from_config(config).select == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cmdbguard-services", "docker"], ["--cmdbguard-services", "docker", "embedded"]),
        (["--cmdbguard-profile", "fast"], ["--cmdbguard-profile", "fast", "quick, full"]),
        (["--cmdbguard-records", "many"], ["--cmdbguard-records", "many", "whole number"]),
        (["--cmdbguard-users", "0"], ["--cmdbguard-users", "whole number from 1"]),
        (["--cmdbguard-zap", "yes"], ["--cmdbguard-zap", "auto, off or the URL"]),
        (["--cmdbguard-target", "openapi", "--cmdbguard-fault", "x"], ["fault", "refcmdb only"]),
    ],
)
def test_a_wrong_value_is_named_with_its_source_and_the_remedy(pytester, arguments, words):
    with pytest.raises(SettingsError) as error:
        Settings.from_config(pytester.parseconfig(*arguments))
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "command line" in str(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("records = ", ["cmdbguard.toml", "not readable TOML"]),
        ("recrods = 5", ["recrods", "no such key", "records"]),
        ('records = "x"', ["records", "from cmdbguard.toml"]),
        ("criteria = 5", ["criteria", "table"]),
    ],
)
def test_a_broken_file_is_one_clear_error(pytester, content, words):
    pytester.path.joinpath("cmdbguard.toml").write_text(content)
    with pytest.raises(SettingsError) as error:
        Settings.from_config(pytester.parseconfig())
    assert all(word in str(error.value) for word in words), str(error.value)


def test_enabled_by_flag_environment_file_or_ini_and_by_nothing_else(pytester, monkeypatch):
    assert not is_enabled(pytester.parseconfig())
    assert is_enabled(pytester.parseconfig("--cmdbguard"))
    monkeypatch.setenv("CMDBGUARD", "0")
    assert not is_enabled(pytester.parseconfig())
    monkeypatch.setenv("CMDBGUARD", "1")
    assert is_enabled(pytester.parseconfig())
    monkeypatch.delenv("CMDBGUARD")
    pytester.path.joinpath("cmdbguard.toml").write_text("cmdbguard = true")
    assert is_enabled(pytester.parseconfig())


def test_the_file_beside_the_caller_is_read_whatever_pytest_takes_for_its_root(
    pytester, tmp_path_factory
):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    pytester.path.joinpath("cmdbguard.toml").write_text("records = 7")
    settings = Settings.from_config(pytester.parseconfig("--rootdir", elsewhere))
    assert (settings.records, settings.rootpath) == (7, pytester.path)
