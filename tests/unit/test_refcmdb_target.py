"""What the reference target says of itself, and when it is asked anew."""

import json

import pytest

from pytest_cmdbguard.targets import refcmdb


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """How often the document was asked for, with a package of its own and an empty cache."""
    package = tmp_path / "refcmdb"
    for directory in ("api", "faults"):
        (package / directory / "__pycache__").mkdir(parents=True)
        (package / directory / "code.py").write_text("1")
        (package / directory / "__pycache__" / "code.pyc").write_text("1")
    calls = []

    def run(_name, argv, **_rest):
        calls.append(argv[1:])
        return json.dumps({"openapi": "3.1.0", "info": {"version": str(len(calls))}})

    monkeypatch.setenv("CMDBGUARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(refcmdb, "_root", lambda: package)
    monkeypatch.setattr(refcmdb.commands, "run", run)

    def ask() -> str:
        refcmdb._document.cache_clear()
        refcmdb._fingerprint.cache_clear()
        return json.loads(refcmdb._document(None, None))["info"]["version"]

    yield ask, package
    refcmdb._document.cache_clear()
    refcmdb._fingerprint.cache_clear()


def test_the_document_is_asked_for_once_for_the_same_code(asked):
    ask, package = asked
    assert [ask(), ask()] == ["1", "1"]
    (package / "faults" / "code.py").write_text("2")
    (package / "api" / "__pycache__" / "code.pyc").write_text("2")
    assert ask() == "1"
    (package / "api" / "code.py").write_text("2")
    assert [ask(), ask()] == ["2", "2"]
    (package / "api" / "more.py").write_text("")
    assert ask() == "3"


def test_a_cache_that_cannot_be_written_costs_time_only(asked, monkeypatch):
    ask, package = asked
    monkeypatch.setenv("CMDBGUARD_CACHE", str(package / "api" / "code.py"))
    assert [ask(), ask()] == ["1", "2"]
