"""The audit hook in real processes: what it tells, and that it stands in nobody's way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.watching import HOOK, Watch
from pytest_cmdbguard.witnesses.audit import AuditWitness
from pytest_cmdbguard.witnesses.files import FileWitness
from pytest_cmdbguard.witnesses.tripwire import Tripwire

TOKEN = "zq0123456789"


@pytest.fixture
def watch(tmp_path):
    laid = Watch(RunDirectory(tmp_path), "cmdb")
    laid.lay()
    return laid


@pytest.fixture
def run(watch):
    """Runs a Python program, to which T is the token; gives the events that have it."""
    audit = AuditWitness(watch.directory / "audit.log")

    def run_program(source, **environment):
        mark = audit.mark()
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; T = sys.argv[1]\n{source}", TOKEN],
            env=watch.environment(dict(os.environ) | environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert "sitecustomize" not in done.stderr
        return [event for event in audit.since(mark) if event.holds(TOKEN)]

    run_program.audit = audit
    return run_program


@pytest.mark.parametrize(
    ("source", "sink"),
    [
        ("import subprocess; subprocess.run(['echo', T])", "process"),
        ("import os; os.system('true ' + T)", "process"),
        ("import os; os.posix_spawn('/bin/true', ['true', T], {})", "process"),
        ("open('/nowhere/' + T)", "file"),
        ("import os; os.listdir('/nowhere/' + T)", "file"),
        ("import socket; socket.getaddrinfo(T + '.invalid', 1)", "socket"),
        ("import urllib.request; urllib.request.urlopen('http://127.0.0.1:1/' + T)", "socket"),
        ("eval(T)", "code"),
        ("import pickle; pickle.loads(f'c{T}\\nx\\n.'.encode())", "pickle"),
        ("import jinja2; jinja2.Template('{{ ' + T + ' }}')", "template"),
    ],
)
def test_every_kind_of_sink_is_told(run, source, sink):
    assert sink in {event.sink for event in run(source)}


ASYNC = """
import asyncio, uvloop
async def main():
    await (await asyncio.create_subprocess_exec('echo', T)).wait()
    await (await asyncio.create_subprocess_shell('echo ' + T)).wait()
    try:
        await asyncio.open_connection(T + '.invalid', 1)
    except OSError:
        pass
uvloop.run(main())
"""


def test_what_uvloop_does_below_python_is_told_by_asyncio_above_it(run):
    events = run(ASYNC)
    assert [event.command for event in events if event.sink == "process"] == [
        ["echo", TOKEN],
        ["sh", "-c", f"echo {TOKEN}"],
    ]
    assert "socket" in {event.sink for event in events}


def test_what_has_no_token_is_not_told(run):
    assert run("open('/etc/hostname'); eval('1+1')") == []
    assert run.audit.sees


def test_a_text_that_is_parsed_and_never_run_is_no_running_code(run):
    events = run("import ast; ast.parse(T + '.x')")
    assert {event.name for event in events} == {"compile"}
    assert {event.name for event in run("eval(T + '.x')")} == {"compile", "exec"}


def test_a_constant_is_no_name_that_code_calls(run):
    assert "exec" not in {event.name for event in run("eval(repr(T))")}


def test_writing_is_told_from_reading(run, tmp_path):
    (event,) = run(f"open('{tmp_path}/' + T, 'w')")
    assert event.writes
    (event,) = run(f"open('{tmp_path}/' + T)")
    assert not event.writes


def test_children_are_watched_too(run):
    child = f"import os; os.mkdir('/nowhere/{TOKEN}')"
    events = run(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])")
    assert "os.mkdir" in {event.name for event in events}


def test_a_sitecustomize_that_was_there_before_still_runs(run, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.was_here = True\n")
    source = "open('/nowhere/' + T if was_here else 'x')"
    assert run(source, PYTHONPATH=str(tmp_path))


def test_a_run_directory_that_looks_like_a_token_is_written_to(tmp_path):
    (tmp_path / "zq0").mkdir()
    laid = Watch(RunDirectory(tmp_path / "zq0"), "cmdb")
    laid.lay()
    environment = laid.environment(dict(os.environ))
    command = [sys.executable, "-c", f"open('{tmp_path}/{TOKEN}', 'a')"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "RecursionError" not in done.stderr
    assert TOKEN in (laid.directory / "audit.log").read_text()


def test_without_its_file_the_hook_does_nothing():
    environment = os.environ | {"PYTHONPATH": str(HOOK)}
    environment.pop("CMDBGUARD_AUDIT", None)
    source = f"open('/dev/null'); print('{TOKEN}')"
    done = subprocess.run([sys.executable, "-c", source], env=environment, check=True)
    assert done.returncode == 0


def test_no_hook_no_sight():
    audit = AuditWitness(None)
    assert (audit.sees, audit.mark(), audit.since(0)) == (False, 0, [])


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(f"(1, 'open', ['/{TOKEN}', 'r', 0], ['a.py:1:f'])\n(1, 'open', ['/zq")
    (event,) = AuditWitness(log).since(0)
    assert (event.sink, event.place) == ("file", "a.py:1:f")


def test_the_tripwire_tells_its_arguments_and_who_called(watch):
    tripwire = Tripwire(watch.directory)
    assert tripwire.calls(TOKEN) == []
    environment = watch.environment(dict(os.environ))
    subprocess.run(f"cmdbguard-tripwire {TOKEN}; true", shell=True, env=environment, check=True)
    (call,) = tripwire.calls(TOKEN)
    assert call.startswith(f"{TOKEN} <- ")
    assert "/bin/sh -c" in call
    assert tripwire.calls("zqzzzzzzzzzz") == []


def test_a_token_of_a_caller_alone_is_no_call(watch):
    environment = watch.environment(dict(os.environ))
    subprocess.run(
        f": {TOKEN}; cmdbguard-tripwire x; true", shell=True, env=environment, check=True
    )
    assert Tripwire(watch.directory).calls(TOKEN) == []


def test_secrets_and_drops_are_told_by_token(watch):
    files = FileWitness(watch.directory)
    path = Path(files.plant(TOKEN, ending=".csv"))
    assert TOKEN in str(path)
    assert path.with_name("sentinel").read_text() == path.read_text()
    assert files.dropped(TOKEN) == []
    dropped = Path(files.drop) / "x.txt"
    dropped.write_text(f"has {TOKEN}")
    assert files.dropped(TOKEN) == [str(dropped)]
    assert not FileWitness(None).sees
