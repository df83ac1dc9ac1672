"""The byte witness on a real PostgreSQL, on files, and on what is merely encoded."""

from __future__ import annotations

import base64
import time
import uuid

import psycopg
import pytest

from pytest_cmdbguard.witnesses import search as byte_search
from pytest_cmdbguard.witnesses.bytes import ByteWitness
from pytest_cmdbguard.witnesses.search import forms, in_file


def new_token() -> str:
    return f"zq{uuid.uuid4().hex[:10]}"


@pytest.fixture
def kept(admin_url):
    """A table to keep texts in; gives a function that writes one."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("create table if not exists kept (content bytea)")

        def write(content: bytes) -> None:
            connection.execute("insert into kept values (%s)", [content])

        yield write


@pytest.fixture
def search(admin_url, tmp_path):
    witness = ByteWitness(admin_url, redis=None, files=[tmp_path])
    yield witness
    witness.close()


def found(search, moment, token) -> set[tuple[str, str]]:
    return {(hit.medium, hit.form) for hit in search.since(moment, [token])}


def test_row_is_found_in_its_table_and_in_the_log(search, kept, admin_url):
    token, moment = new_token(), search.mark()
    kept(f"before {token} after".encode())
    hits = {hit.medium: hit for hit in search.since(moment, [token])}
    assert set(hits) == {"heap", "wal"}
    assert hits["heap"].table == "kept"
    assert "before" in hits["heap"].shown
    with psycopg.connect(admin_url) as connection:
        query = "select pg_read_binary_file(%s, %s, %s)"
        place = (hits["heap"].place, hits["heap"].offset, len(token))
        assert connection.execute(query, place).fetchone() == (token.encode(),)


def test_a_file_whose_time_is_rounded_down_is_searched(search, kept):
    search.mark()
    just_before_a_second_ends = 1 - time.time() % 1 - 0.004  # and a mark takes some milliseconds
    time.sleep(max(0, just_before_a_second_ends))
    token, moment = new_token(), search.mark()
    kept(token.encode())
    assert moment.seconds == int(moment.seconds)
    assert ("heap", "plain") in found(search, moment, token)


def test_what_was_never_written_is_not_found(search, kept):
    moment = search.mark()
    kept(b"something else")
    assert found(search, moment, new_token()) == set()


def test_only_what_was_written_since_is_searched(search, kept):
    before, after = new_token(), new_token()
    kept(before.encode())
    for _ in range(40):  # a page of its own
        kept(uuid.uuid4().bytes * 50)
    moment = search.mark()
    kept(after.encode())
    assert {
        hit.token for hit in search.since(moment, [before, after]) if hit.medium == "heap"
    } == {after}


@pytest.fixture
def loaded(admin_url):
    """Loads texts into a table of their own in one transaction; PostgreSQL does not log that."""

    def load(*texts: str) -> str:
        table = f"loaded_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(admin_url) as connection, connection.cursor() as cursor:
            assert cursor.execute("show wal_level").fetchone() == ("minimal",)
            cursor.execute("set wal_skip_threshold = 0")  # small tables, too
            cursor.execute(f"create table {table} (content text)")
            with cursor.copy(f"copy {table} from stdin with (freeze)") as copy:
                for text in texts:
                    copy.write_row([text])
        return table

    return load


def test_what_was_loaded_without_the_log_is_searched(search, loaded):
    token, moment = new_token(), search.mark()
    table = loaded(token)
    (hit,) = search.since(moment, [token])
    assert (hit.medium, hit.table) == ("heap", table)


def test_what_was_loaded_before_is_not_searched_when_its_table_changes(search, loaded, admin_url):
    before, after = new_token(), new_token()
    table = loaded(before, *("x" * 500 for _ in range(60)))
    moment = search.mark()
    with psycopg.connect(admin_url) as connection:
        connection.execute(f"insert into {table} values (%s)", [after])
    hits = search.since(moment, [before, after])
    assert {hit.token for hit in hits if hit.medium == "heap"} == {after}


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
def test_encoded_text_is_found_wherever_it_begins(before, search, kept):
    token, moment = new_token(), search.mark()
    kept(base64.b64encode(before + token.encode() + b"rest"))
    assert ("heap", "base64") in found(search, moment, token)


def test_hexadecimal_text_is_found(search, kept):
    token, moment = new_token(), search.mark()
    kept(token.encode().hex().encode())
    assert ("heap", "hex") in found(search, moment, token)


def test_digest_of_a_text_is_not_the_text(search, kept):
    token, moment = new_token(), search.mark()
    kept(uuid.uuid5(uuid.NAMESPACE_URL, token).hex.encode())
    assert found(search, moment, token) == set()


def test_text_at_the_edge_of_two_parts_is_found(tmp_path, monkeypatch):
    (tmp_path / "log").write_text(f"{'x' * 95}secret")
    monkeypatch.setattr(byte_search, "CHUNK_BYTES", 100)
    needles = {("plain", b"secret"): "secret"}
    assert [hit.offset for hit in in_file(tmp_path / "log", needles, "file")] == [95]


def test_files_are_searched_and_links_are_not_followed(search, tmp_path):
    token, moment = new_token(), search.mark()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "service.log").write_text(f"user adds {token}\n")
    (tmp_path / "link").symlink_to(tmp_path / "logs" / "service.log")
    (hit,) = search.since(moment, [token])
    assert (hit.medium, hit.place, hit.offset) == (
        "file",
        str(tmp_path / "logs" / "service.log"),
        10,
    )


def test_backup_is_searched_and_removed(admin_url, tmp_path):
    token, backup = new_token(), tmp_path / "dump.sql"

    def dump():
        backup.write_text(f"insert into kept values ('{token}');")
        return backup

    witness = ByteWitness(admin_url, redis=None, files=[], dump=dump)
    hits = witness.since(witness.mark(), [token])
    witness.close()
    assert [(hit.medium, hit.offset) for hit in hits] == [("dump", 26)]
    assert not backup.exists()


def test_forms_are_long_enough_to_mean_something():
    assert all(len(form) >= 14 for name, form in forms(new_token()).items() if name != "plain")
