import socket
import sys
import threading

import psutil
import pytest

from pytest_cmdbguard.errors import ServiceDied, ServiceMissing, ServiceNotReady
from pytest_cmdbguard.services import ports
from pytest_cmdbguard.services.process import Command, Process

SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPER!r}])"


def python(text, **more):
    return Command(name="toy", argv=[sys.executable, "-c", text], **more)


def until_it_says_ready(process):
    process.wait_ready(
        lambda: any(line.startswith("ready") for line in process.tail().splitlines()) or None,
        timeout_s=10,
    )


@pytest.fixture
def begin(run):
    started = []

    def start(command):
        started.append(Process(run, command))
        return started[-1]

    yield start
    for process in started:
        process.stop()


def test_a_started_process_is_registered_until_it_is_stopped(run, begin):
    process = begin(python(SLEEPER))
    assert [path.name for path in run.processes.iterdir()] == [f"toy-{process.pid}.json"]
    process.stop()
    assert not list(run.processes.iterdir())


def test_a_process_outlives_the_thread_that_started_it(run):
    started = []
    thread = threading.Thread(target=lambda: started.append(Process(run, python(SLEEPER))))
    thread.start()
    thread.join()
    until_it_says_ready(started[0])
    started[0].require_alive()
    started[0].stop()


def test_a_process_that_ignores_the_signal_is_killed(begin):
    process = begin(python(STUBBORN, stop_within_s=0.2))
    until_it_says_ready(process)
    process.stop()
    assert process.status == -9


def test_stopping_a_process_ends_its_children(begin):
    process = begin(python(PARENT))
    until_it_says_ready(process)
    (child,) = psutil.Process(process.pid).children()
    process.stop()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_died_is_reported_with_its_last_words(begin):
    process = begin(python("import sys; print('no coffee', file=sys.stderr); sys.exit(3)"))
    process._popen.wait()
    with pytest.raises(ServiceDied, match=r"status 3.*no coffee"):
        process.require_alive()


def test_a_process_that_ends_instead_of_getting_ready_says_why_at_once(begin):
    process = begin(python("raise SystemExit('wrong key in the configuration')"))
    with pytest.raises(ServiceNotReady, match=r"ended with status 1.*wrong key") as caught:
        process.wait_ready(lambda: None, timeout_s=30)
    assert caught.value.waited_s < 5


def test_a_process_that_never_gets_ready_is_stopped(begin):
    process = begin(python(SLEEPER))
    with pytest.raises(ServiceNotReady, match=r"not ready after 0\.2 s"):
        process.wait_ready(lambda: None, timeout_s=0.2)
    assert process.status is not None


def test_a_program_that_is_not_there_is_named(begin):
    with pytest.raises(ServiceMissing, match="no-such-program cannot be started"):
        begin(Command(name="toy", argv=["no-such-program"]))


def test_nothing_starts_in_a_run_that_is_being_stopped(run, begin):
    run.close()
    with pytest.raises(ServiceMissing, match="being stopped"):
        begin(python(SLEEPER))


def test_secrets_of_the_environment_are_not_passed_on(begin, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cret")
    process = begin(python("import os; print('ready', sorted(os.environ))"))
    until_it_says_ready(process)
    assert "DEPLOY_TOKEN" not in process.tail()
    assert "PATH" in process.tail()


def test_another_port_is_tried_when_somebody_else_took_the_first(begin, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        offered = [taken.getsockname()[1], ports.free_port()]
        monkeypatch.setattr(ports, "free_port", lambda: offered.pop(0))
        text = "import socket, time; s = socket.create_server(('127.0.0.1', {})); " + SLEEPER

        def start(port):
            process = begin(python(text.format(port)))
            until_it_says_ready(process)
            return port

        assert ports.on_free_port(start) != taken.getsockname()[1]
