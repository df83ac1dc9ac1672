"""The service's log from a mark on, and what in it proves an injection or a leak."""

import dataclasses
import os
import re
import threading
import time
from types import SimpleNamespace

import pytest

from pytest_cmdbguard.campaigns.error_leaks import leaks
from pytest_cmdbguard.campaigns.log_injection import proof_in
from pytest_cmdbguard.campaigns.log_secrets import Planted, found_in
from pytest_cmdbguard.campaigns.token_quality import entropy_bits
from pytest_cmdbguard.model import Exchange, Operation
from pytest_cmdbguard.witnesses.insiders import Inside
from pytest_cmdbguard.witnesses.logs import START, LogWitness

SENT = SimpleNamespace(first="zqfirst", second="zqsecond")
OPERATION = Operation(id="x", method="GET", path="/x")


def test_only_what_comes_after_the_mark_is_read(tmp_path):
    path = tmp_path / "log"
    log = LogWitness(path)
    path.write_text("before\n")
    mark = log.mark()
    path.write_text("before\nafter\n")
    assert log.since(mark) == b"after\n"


class Rotated:
    """A log with a mark in its middle."""

    def __init__(self, folder):
        self.path = folder / "app.log"
        (folder / "app.log.1").write_text("last week\n")
        (folder / "app.log-other-instance").write_text("not ours\n")
        self.path.write_text("before\n")
        self.log = LogWitness(self.path)
        self.mark = self.log.mark()

    def write(self, text):
        with self.path.open("a") as file:
            file.write(text)

    def rename(self):
        """As logrotate does, and logging.handlers."""
        for number in (2, 1):
            older = self.path.with_name(f"app.log.{number}")
            if older.exists():
                older.rename(self.path.with_name(f"app.log.{number + 1}"))
        self.path.rename(self.path.with_name("app.log.1"))

    def copy_and_cut(self):
        """As logrotate does for programs that keep the file open."""
        self.path.with_name("app.log-20260101").write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)

    @property
    def seen(self):
        return self.log.since(self.mark).decode().split()


@pytest.mark.parametrize("after", ["", "c\n", "c is longer than what was there before\n"])
@pytest.mark.parametrize("rotate", ["rename", "copy_and_cut"])
def test_a_rotation_loses_and_repeats_nothing(tmp_path, rotate, after):
    rotated = Rotated(tmp_path)
    rotated.write("a\nb\n")
    getattr(rotated, rotate)()
    assert rotated.seen == ["a", "b"]
    rotated.write(after)
    assert rotated.seen == ["a", "b", *after.split()]


def test_several_rotations_lose_nothing(tmp_path):
    rotated = Rotated(tmp_path)
    for number in range(3):
        rotated.write(f"{number}\n")
        rotated.rename()
    rotated.write("3\n")
    assert rotated.seen == ["0", "1", "2", "3"]


def test_a_file_that_came_after_the_mark_is_read_from_its_start(tmp_path):
    log = LogWitness(tmp_path / "log")
    mark = log.mark()
    log.path.write_text("new\n")
    assert log.since(mark) == log.since(START) == b"new\n"
    log.path.rename(tmp_path / "log.1")
    assert log.since(mark) == b"new\n"


def test_line_that_comes_late_is_waited_for(tmp_path):
    path = tmp_path / "log"
    path.touch()

    def write():
        time.sleep(0.2)
        path.write_text("one\ntwo zq\n")

    writer = threading.Thread(target=write)
    writer.start()
    assert LogWitness(path).wait_for(re.compile("zq"), START, within_s=5) == "two zq"
    writer.join()
    assert LogWitness(path).wait_for(re.compile("no"), START, within_s=0.05) == ""


def test_line_that_begins_with_input_is_proof():
    assert "begins with" in proof_in(b"INFO zqfirst\r\nzqsecond\n", SENT)
    assert "begins with" in proof_in(b"INFO zqfirst\rzqsecond\n", SENT)
    assert "control characters" in proof_in(b"INFO zqfirst\x1b[2Kzqsecond\n", SENT)


def test_escaped_and_quoted_input_is_no_proof():
    assert proof_in(rb"INFO zqfirst\r\nzqsecond" + b"\n", SENT) == ""
    assert proof_in(b"INFO zqfirst\n| zqsecond\n", SENT) == ""
    assert proof_in(b'{"q": "zqfirst\\u001b[2Kzqsecond"}\n', SENT) == ""


def test_secret_is_shown_masked():
    planted = Planted(what="a password", secret="hunter2hunter2")
    assert found_in(b"a\nlogin hunter2hunter2 ok\n", planted) == "login ••• ok"
    assert found_in(b"login ***\n", planted) == ""


def answered(body, *, url="http://h/x", headers=None):
    return Exchange(method="GET", url=url, status=500, headers=headers or {}, body=body.encode())


def kinds(exchange, **inside):
    seen = Inside(**({"log": "", "statements": (), "complaints": ()} | inside))
    return [leak.kind for leak in leaks(OPERATION, exchange, seen)]


def test_sql_is_a_leak_where_postgresql_received_it():
    answer = answered('{"detail": "in SELECT id FROM devices WHERE 1"}')
    statements = ("SELECT id\nFROM devices WHERE 1",)
    assert kinds(answer, statements=statements) == ["SQL that PostgreSQL received"]
    assert kinds(answer) == []


def test_exception_is_a_leak_where_the_log_names_it():
    answer = answered('{"detail": "asyncpg.exceptions.UniqueViolationError"}')
    assert kinds(answer, log="…UniqueViolationError: duplicate…") != []
    assert kinds(answer, log="quiet") == []


def test_frames_paths_and_versions_are_leaks():
    trace = 'Traceback\n  File "/srv/app/main.py", line 3, in run\n'
    assert set(kinds(answered(trace))) == {"a stack frame", "a path of the program"}
    assert kinds(answered("{}", headers={"server": "nginx/1.25.3"})) == [
        "the version of a program"
    ]


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "x", "python_version": "3.12.1"}',
        '{"runtime": {"django-version": "5.2"}}',
        "python_version: 3.12.1",
        "{'python_version': '3.12.1', }",
    ],
)
def test_versions_in_members_of_their_own_are_leaks(body):
    assert kinds(answered(body)) == ["the version of a program"]


def test_versions_of_the_interface_and_those_that_were_sent_are_no_leaks():
    assert kinds(answered('{"api_version": "3.2.7", "version": "1.0", "status": 500}')) == []
    body = '{"python_version": "3.12.1"}'
    exchange = dataclasses.replace(answered(body), request_body=body.encode())
    assert kinds(exchange) == []


def test_what_the_request_brought_is_no_leak():
    url = "http://h/x?q=File%20%22%2Fsrv%2Fapp%2Fmain.py%22%2C%20line%203%2C%20in%20run"
    assert kinds(answered('File "/srv/app/main.py", line 3, in run', url=url)) == []


def test_entropy_counts_places_that_differ():
    assert entropy_bits(["rcm_00a1", "rcm_00b2", "rcm_00c3"]) == 8
    assert entropy_bits(["same", "same"]) == 0
