"""The attacks on sinks against a real service: each leak is proven, its sound neighbour is not."""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_cmdbguard.campaigns.commands import ARGUMENTS, COMMANDS
from pytest_cmdbguard.campaigns.follow_ups import FollowUps
from pytest_cmdbguard.campaigns.outgoing import OUTGOING
from pytest_cmdbguard.campaigns.paths import PATHS
from pytest_cmdbguard.campaigns.reach_map import HarmlessPass, ReachMap
from pytest_cmdbguard.campaigns.sinks import UNWATCHED, Means, SinkAttack
from pytest_cmdbguard.campaigns.slowness import SlowInput
from pytest_cmdbguard.campaigns.templating import CODES, TEMPLATES
from pytest_cmdbguard.campaigns.volley import Volley
from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.payloads import TextProbe
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.services.notes import Notes
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.watching import Watch
from pytest_cmdbguard.witnesses.audit import AuditWitness
from pytest_cmdbguard.witnesses.cpu import CpuWitness
from pytest_cmdbguard.witnesses.files import FileWitness
from pytest_cmdbguard.witnesses.listener import Listener
from pytest_cmdbguard.witnesses.tripwire import Tripwire

PROGRAM = Path(__file__).with_name("sink_service.py")


def document():
    spec = importlib.util.spec_from_file_location("sink_service", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.document()


@contextlib.contextmanager
def running(directory, environment):
    """The service as a process; gives its id and its base URL."""
    port, served = directory / "port", directory / "served"
    served.mkdir()
    process = subprocess.Popen([sys.executable, PROGRAM, port, served], env=environment)
    try:
        while not (port.is_file() and port.read_text()):
            assert process.poll() is None
            time.sleep(0.01)
        yield process.pid, f"http://127.0.0.1:{json.loads(port.read_text())}"
    finally:
        process.terminate()
        process.wait(10)


class Place:
    """The service with its witnesses."""

    def __init__(self, watch, stack, directory, *, watched):
        environment = watch.environment(dict(os.environ)) if watched else dict(os.environ)
        self.pid, base_url = stack.enter_context(running(directory, environment))
        listed = operations(document(), where="sinks")
        self.operations = {operation.id: operation for operation in listed}
        api = Api(base_url, ())
        stack.callback(api.close)
        surroundings = Surroundings(api, listed)
        self.volley = Volley(api, surroundings)
        audit, listener = AuditWitness(watch.directory / "audit.log"), Listener()
        stack.enter_context(listener)
        self.learn = HarmlessPass(self.volley, audit, listener, sql=None, log=None, redis=None)
        self.means = Means(
            volley=self.volley,
            follow_ups=FollowUps(api, surroundings, listed),
            surroundings=surroundings,
            reach_map=ReachMap(self.learn),
            audit=audit,
            tripwire=Tripwire(watch.directory),
            files=FileWitness(watch.directory),
            listener=listener,
            profile="quick",
        )

    def attack(self, kind, name):
        return list(SinkAttack(kind, self.means)(self.operations[name]))


@contextlib.contextmanager
def placed(directory, *, watched):
    watch = Watch(RunDirectory(directory), "sinks")
    watch.lay()
    with contextlib.ExitStack() as stack:
        yield Place(watch, stack, directory, watched=watched)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with placed(tmp_path_factory.mktemp("sinks"), watched=True) as place:
        yield place


LEAKS = [
    (COMMANDS, "shell", "critical", "the command ran"),
    (ARGUMENTS, "option", "high", "as an option"),
    (TEMPLATES, "page", "critical", "came back as"),
    (CODES, "formula", "critical", "as code (<string>)"),
    (PATHS, "file", "critical", "which stands only in a file outside"),
    (OUTGOING, "url", "critical", "the target connected to 127.0.0.1"),
]
SOUND = [
    (COMMANDS, "argument_list"),
    (COMMANDS, "option"),
    (ARGUMENTS, "argument_list"),
    (TEMPLATES, "variable"),
    (CODES, "number"),
    (PATHS, "file_in_place"),
    (OUTGOING, "url_kept"),
]


@pytest.mark.parametrize(("kind", "name", "severity", "proof"), LEAKS)
def test_a_leak_is_proven_with_the_request_that_did_it(service, kind, name, severity, proof):
    (result,) = service.attack(kind, name)
    assert proof in result.proof
    assert result.severity == severity
    assert result.reached
    assert result.exchange.url.partition("?")[0].endswith(service.operations[name].path)


@pytest.mark.parametrize(("kind", "name"), SOUND)
def test_what_is_sound_is_not_accused(service, kind, name):
    assert not any(result.proof for result in service.attack(kind, name))


def test_the_reach_map_tells_the_sinks_of_a_harmless_text(service):
    def reached(name):
        (found,) = service.means.reach_map(service.operations[name]).values()
        return found

    assert "process" in reached("argument_list").sinks
    assert "file" in reached("file").sinks
    assert "template" in reached("page").sinks
    assert reached("variable").sinks == frozenset()
    assert (reached("url_kept").reflected, reached("url_kept").stopped) == (True, "")
    assert reached("number").stopped == "validation: HTTP 422"


def test_workers_tell_each_other_what_they_learned(service, tmp_path):
    def nobody_asks(operation):
        raise AssertionError(f"{operation} is known")

    operation = service.operations["argument_list"]
    learned = ReachMap(service.learn, Notes(tmp_path / "reach"))(operation)
    told = ReachMap(nobody_asks, Notes(tmp_path / "reach"))
    assert told(operation) == learned
    assert any("process" in reached.sinks for reached in learned.values())
    assert not told.asks_redis(operation)
    with pytest.raises(AssertionError, match="is known"):
        told(service.operations["page"])


def test_no_command_is_sent_where_no_process_sees_the_input(service):
    assert service.attack(COMMANDS, "variable") == []


def test_a_target_that_cannot_be_watched_is_attacked_and_its_reach_told(tmp_path):
    with placed(tmp_path, watched=False) as unseen:
        (result,) = unseen.attack(COMMANDS, "argument_list")
        assert (result.reached, result.stopped, result.proof) == (False, UNWATCHED, "")


def slow_results(service, name):
    slow = SlowInput(service.volley, CpuWitness(service.pid), profile="quick")
    return list(slow(service.operations[name]))


def test_work_that_grows_faster_than_input_is_proven_by_cpu_time(service):
    (result,) = slow_results(service, "words")
    assert result.proof.startswith("CPU time of the target grows much faster than the input: ")


def test_long_input_alone_proves_nothing(service):
    (result,) = slow_results(service, "plain_words")
    assert not result.proof


def test_a_target_that_takes_its_time_for_everything_is_not_suspected(service):
    cpu = CpuWitness(service.pid)
    before = cpu.seconds()
    (result,) = slow_results(service, "dear_words")
    assert not result.proof
    requests = (cpu.seconds() - before) / 0.06
    assert requests < 10  # one per length, one to know what is usual


def test_long_texts_go_together_as_far_as_a_url_may_be_long(service):
    """What every server has to take are 8,000 bytes (RFC 9110, 4.1)."""
    points = [Parameter(location="query", name=f"p{n}", schema={}) for n in range(9)]
    probes = [(point, TextProbe(text="a" * 700)) for point in points]
    sent = list(service.volley(service.operations["plain_words"], probes))
    assert [one.point for one in sent] == points
    urls = {one.exchange.url for one in sent}
    assert len(urls) == 3
    assert max(map(len, urls)) < 8000
