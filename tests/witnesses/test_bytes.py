"""The byte witness on a real PostgreSQL, on files, and on what is merely encoded."""

from __future__ import annotations

import base64
import time
import uuid

import psycopg
import pytest

from pytest_cmdbguard.witnesses import bytes as byte_witness
from pytest_cmdbguard.witnesses.bytes import ByteWitness, forms


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


def test_only_files_that_changed_since_are_read(search, kept):
    token = new_token()
    kept(token.encode())
    search.mark()
    time.sleep(1.2)  # the time of a file counts in whole seconds
    moment = search.mark()
    assert ("heap", "plain") not in found(search, moment, token)


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


def test_text_at_the_edge_of_two_parts_is_found(search, kept, monkeypatch):
    token, moment = new_token(), search.mark()
    kept(token.encode())
    (heap, *_) = (h for h in search.since(moment, [token]) if h.medium == "heap")
    monkeypatch.setattr(byte_witness, "_CHUNK_BYTES", heap.offset + 5)
    monkeypatch.setattr(byte_witness, "_wal", lambda *_: ())  # many thousands of such small parts
    assert [hit.offset for hit in search.since(moment, [token])] == [heap.offset]


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


def test_backup_is_searched_and_removed(admin_url, tmp_path, monkeypatch):
    token, backup = new_token(), tmp_path / "dump.sql"

    def dump():
        backup.write_text(f"insert into kept values ('{token}');")
        return backup

    monkeypatch.setattr(byte_witness, "_CHUNK_BYTES", 20)
    witness = ByteWitness(admin_url, redis=None, files=[], dump=dump)
    monkeypatch.setattr(byte_witness, "_heap", lambda *_: ())  # only the backup in so small parts
    monkeypatch.setattr(byte_witness, "_wal", lambda *_: ())
    hits = witness.since(witness.mark(), [token])
    witness.close()
    assert [(hit.medium, hit.offset) for hit in hits] == [("dump", 26)]
    assert not backup.exists()


def test_forms_are_long_enough_to_mean_something():
    assert all(len(form) >= 14 for name, form in forms(new_token()).items() if name != "plain")
