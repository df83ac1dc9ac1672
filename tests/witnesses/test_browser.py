"""The browser witness: what really runs in Chromium, and which cookies it really sends."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pytest_cmdbguard.errors import ServiceMissing
from pytest_cmdbguard.witnesses import browser as witness

NONCE = "default-src 'none'; script-src 'nonce-x'"
SHOWN = b"<script nonce=x>document.body.innerHTML = decodeURIComponent(location.hash.slice(1))"
PAGE = b"<!doctype html><body>" + SHOWN + b"</script>"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Site"

    def do_GET(self):
        self.server.asked.append(("GET", self.path, self.headers.get("Cookie")))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        if self.path.startswith("/strict"):
            self.send_header("Content-Security-Policy", NONCE)
        self.end_headers()
        self.wfile.write(PAGE)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(("POST", self.path, self.headers.get("Cookie")))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture(scope="module")
def site():
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser(site):
    try:
        chromium = witness.Browser(site.url)
    except ServiceMissing as missing:
        pytest.skip(str(missing))
    with contextlib.closing(chromium):
        yield chromium


def test_a_script_that_runs_says_its_token(browser):
    path = f"/#<img src onerror={browser.function}('one')>"
    assert browser.visit(path, headers={}) == ("one",)


def test_the_next_page_knows_nothing_of_the_last_one(browser):
    assert browser.visit("/#text", headers={}) == ()


def test_a_policy_that_stops_it_is_obeyed(browser):
    path = f"/strict#<img src onerror={browser.function}('two')>"
    assert browser.visit(path, headers={}) == ()


def test_pages_reach_nobody_but_the_target(browser, site):
    with Site() as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        browser.visit(f"/#<img src={other.url}/picture>", headers={})
        browser.visit(f"/#<img src={site.url}/picture>", headers={})
        other.shutdown()
        thread.join()
    assert other.asked == []
    assert any(path == "/picture" for _, path, _ in site.asked)


@pytest.mark.parametrize(
    ("same_site", "origin", "sent"),
    [
        ("Lax", "http://forged.example", None),
        ("Lax", "http://127.0.0.1:45871", "s=v"),
        ("Strict", "http://127.0.0.1:45871", "s=v"),
        ("None", "http://forged.example", None),  # browsers drop it without Secure
    ],
)
def test_cookies_go_along_as_same_site_says(browser, site, same_site, origin, sent):
    path = f"/{same_site}-{origin.rpartition('/')[2]}"
    cookie = {"name": "s", "value": "v", "domain": "127.0.0.1", "path": "/"}
    page = (
        f'<form method=post action="{site.url}{path}"></form>'
        "<script>document.forms[0].submit()</script>"
    )
    browser.submit(origin, page, cookies=[cookie | {"sameSite": same_site}])
    assert ("POST", path, sent) in site.asked


def test_a_program_that_is_none_is_said(monkeypatch):
    monkeypatch.setenv(witness.VARIABLE, "/no/such/chromium")
    with pytest.raises(ServiceMissing, match="no/such/chromium"):
        witness.executable("")


def test_no_program_at_all_says_how_to_get_one(monkeypatch):
    monkeypatch.delenv(witness.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ServiceMissing, match="chromium-headless-shell"):
        witness.executable("/nowhere/chromium")
