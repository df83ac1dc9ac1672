"""A real ZAP learns our findings, tells its history, and is left as it was found."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from pytest_cmdbguard import archive
from pytest_cmdbguard.errors import ServiceError, SettingsError
from pytest_cmdbguard.model import Actor, Finding, Severity
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.report import har
from pytest_cmdbguard.services import zap_state
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.zap import Client
from pytest_cmdbguard.services.zap_daemon import ZapDaemon
from pytest_cmdbguard.services.zap_scan import ZapScan
from pytest_cmdbguard.settings import Settings

TOKEN = "cg_0123456789abcdef"


@pytest.fixture(scope="module")
def zap():
    run = RunDirectory.create()
    daemon = ZapDaemon(run, table={})
    try:
        yield daemon.start()
    finally:
        daemon.stop()
        run.remove()


@pytest.fixture(scope="module")
def url():
    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def state(zap, tmp_path):
    path = tmp_path / "zap.json"
    zap_state.report(path, lambda: zap)
    return path


def finding(url, path):
    return Finding(
        check="CG-INJ-001",
        criterion="sql-injection",
        severity=Severity.CRITICAL,
        title="Input never becomes SQL",
        operation="GET /devices",
        location="query",
        parameter="sort",
        sink="sql",
        proof="PostgreSQL executed it",
        reproduce=(f"curl -si '{url}{path}'",),
        remedy="Bind it.",
        references=("CWE-89",),
    )


def test_the_archive_holds_what_was_sent_and_zap_learns_what_was_found(zap, url, state, tmp_path):
    actor = Actor(name="admin", role="admin", headers={"Authorization": f"Bearer {TOKEN}"})
    api = Api(url, [actor], proxy=zap.url)
    for number in range(3):
        api.as_actor("admin").get(f"/devices?sort={number}")
    api.close()
    settings = Settings.defaults(tmp_path)
    findings = [finding(url, "/devices?sort=1"), finding(url, "/devices?sort=else")]
    said = archive.keep(state, [*findings, finding(url, "/never-sent")], settings)
    assert "2 findings told to ZAP" in said
    text = settings.report.joinpath(har.NAME).read_text()
    entries = json.loads(text)["log"]["entries"]
    asked = [e["request"]["url"] for e in entries if e["request"]["url"].startswith(url)]
    assert asked == [f"{url}/devices?sort={number}" for number in range(3)]
    assert TOKEN not in text
    (alert, *_) = Client(zap.url, zap.key).alert.alerts(url)
    assert (alert["alert"], alert["risk"], alert["cweid"], alert["param"]) == (
        "CG-INJ-001: Input never becomes SQL",
        "High",
        "89",
        "sort",
    )


def test_what_we_told_zap_is_no_suspicion_of_its_own(zap, url):
    assert list(ZapScan(zap, url).alerts()) == []


def test_without_rules_there_is_no_scan_and_nothing_is_left_behind(zap, url):
    client = Client(zap.url, zap.key)
    with pytest.raises(ServiceError), ZapScan(zap, url):
        pass
    assert "cmdbguard" not in client.ascan.scan_policy_names


def test_without_zap_there_is_no_archive(tmp_path):
    assert archive.keep(None, [], Settings.defaults(tmp_path)) == ""


def test_a_zap_that_died_is_told_in_the_archive(tmp_path):
    gone = SimpleNamespace(
        to_json=lambda: {"url": "http://127.0.0.1:9", "key": "k", "version": "1", "level": "core"}
    )
    path = tmp_path / "zap.json"
    zap_state.report(path, lambda: gone)
    assert archive.keep(path, [], Settings.defaults(tmp_path)).startswith("none, ZAP: died")


def test_a_directory_without_add_ons_is_told(tmp_path):
    run = RunDirectory.create()
    try:
        with pytest.raises(SettingsError, match=r"services\.zap\.addons"):
            ZapDaemon(run, table={"addons": str(tmp_path)}).start()
    finally:
        run.remove()
