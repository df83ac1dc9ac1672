"""The files of the web application: found by name only, compressed as asked, kept for ever."""

import gzip
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

import refcmdb
from refcmdb.frontend import bundle

UNKEPT = "no-store, no-transform"
SCRIPT = b"console.log(1);" * 100
PLAIN = pytest.mark.skipif(
    bundle.load() is None, reason="the web application is not built: make frontend"
)


@pytest.fixture
def built(tmp_path):
    """A small application, as Vite would leave it."""
    assets = tmp_path / "assets"
    assets.mkdir()
    files = {
        "main-1.js": SCRIPT,
        "main-1.js.gz": gzip.compress(SCRIPT),
        "main-1.js.br": b"smaller",
        "main-2.css": b"a{}",
        "icon-3.svg": b"<svg/>",
        "notes.txt": b"not served",
    }
    for name, content in files.items():
        assets.joinpath(name).write_bytes(content)
    manifest = {
        bundle.ENTRY: {"file": "assets/main-1.js", "css": ["assets/main-2.css"]},
        bundle.ICON: {"file": "assets/icon-3.svg"},
    }
    tmp_path.joinpath("manifest.json").write_text(json.dumps(manifest))
    return bundle.load(tmp_path)


def test_bundle_holds_what_pages_are_made_of_and_nothing_else(built):
    assert set(built.files) == {"main-1.js", "main-2.css", "icon-3.svg"}
    assert (built.script, built.styles, built.icon) == ("main-1.js", ("main-2.css",), "icon-3.svg")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("GZIP;q=0.5, br;q=0.4", "gzip"),
        ("br;q=0, *", "gzip"),
        ("br;q=0, *;q=0", "identity"),
        ("deflate", "identity"),
        ("gzip;q=much", "identity"),
        ("identity;q=1, gzip;q=0.2", "identity"),
        (",;=", "identity"),
    ],
)
def test_coding_is_negotiated(built, accepted, coding):
    assert built.files["main-1.js"].variant_for(accepted).coding == coding


def test_nothing_built_is_no_bundle(tmp_path):
    assert bundle.load(tmp_path) is None


@pytest.fixture(scope="module")
def script(server):
    """The address of the script that the page begins with."""
    return f"{server.base}/app/assets/{bundle.load().script}"


def get(url, **headers):
    return requests.get(url, headers=headers, timeout=15)


@PLAIN
@pytest.mark.parametrize("coding", [*bundle.CODINGS, "identity"])
def test_file_is_sent_in_the_coding_that_is_asked_for(script, coding):
    asked = {"Accept-Encoding": coding}
    with requests.get(script, headers=asked, timeout=15, stream=True) as answer:
        sent = answer.raw.read(decode_content=False)
    (variant,) = (
        v for v in bundle.load().files[script.rpartition("/")[2]].variants if v.coding == coding
    )
    assert (answer.status_code, sent) == (200, variant.body)
    assert answer.headers.get("Content-Encoding", "identity") == coding
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Vary"] == "Accept-Encoding"


@PLAIN
def test_known_file_is_not_sent_again(script):
    etag = get(script, **{"Accept-Encoding": "br"}).headers["ETag"]
    again = {"If-None-Match": f'"x", {etag}'}
    assert get(script, **again, **{"Accept-Encoding": "br"}).status_code == 304
    assert get(script, **again, **{"Accept-Encoding": "gzip"}).status_code == 200


@PLAIN
def test_head_tells_and_sends_nothing(script):
    answer = requests.head(script, timeout=15)
    assert (answer.status_code, answer.content) == (200, b"")
    assert requests.post(script, timeout=15).status_code == 405


@PLAIN
@pytest.mark.parametrize(
    "path",
    [
        "assets/../manifest.json",
        "assets/..%2fmanifest.json",
        "assets/%2e%2e/manifest.json",
        "assets/....//manifest.json",
        "assets//etc/passwd",
        "assets/%00",
        "assets/",
        "manifest.json",
        "../settings.py",
        ".env",
        "devices/../../health/x",
        "users",
        "/devices",
    ],
)
def test_no_path_leads_out_of_the_application(server, path):
    url = requests.Request("GET", f"{server.base}/app/").prepare()
    url.url = f"{server.base}/app/{path}"  # as it stands: requests would tidy it up
    with requests.Session() as session:
        assert session.send(url, timeout=15).status_code == 404


@PLAIN
def test_views_are_one_page_that_nobody_keeps(server):
    for path in ("", "devices", "devices/7/edit", "changes", "imports?x=1"):
        answer = get(f"{server.base}/app/{path}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, UNKEPT)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "data-csrf" not in answer.text


@PLAIN
def test_page_tells_its_own_session_who_it_is(server):
    with server.browser_of("viewer-blue") as browser:
        page = browser.get(f"{server.base}/app/", timeout=15)
        assert 'data-user="viewer-blue" data-role="viewer" data-tenant="blue"' in page.text
        policies = {
            browser.get(f"{server.base}/app/", timeout=15).headers["Content-Security-Policy"]
            for _ in range(2)
        }
    assert len(policies) == 2  # never the same nonce
    assert all("'unsafe" not in policy and "'nonce-" in policy for policy in policies)


@PLAIN
def test_page_is_in_the_document_and_says_what_lies_below(server):
    operation = server.as_(None).get("/openapi.json").json()["paths"]["/app/"]["get"]
    assert operation["security"] == []
    assert operation["summary"].endswith("below /app/")


@PLAIN
def test_files_come_from_elsewhere_where_settings_say_so(start_server):
    cdn = "http://127.0.0.1:9/kept/"
    with start_server(environment={"REFCMDB_ASSETS_URL": cdn}) as server:
        page = get(f"{server.base}/app/")
        assert f'src="{cdn}{bundle.load().script}"' in page.text
        assert "style-src 'self' http://127.0.0.1:9;" in page.headers["Content-Security-Policy"]
        handed_on = get(f"{server.base}/app/assets/{bundle.load().script}")
        assert handed_on.headers["Access-Control-Allow-Origin"] == "*"
        assert handed_on.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_api_runs_without_the_application_and_says_so(tmp_path, seeded_database, redis_socket):
    left_out = shutil.ignore_patterns("built", "node_modules", "__pycache__", "faults")
    shutil.copytree(Path(refcmdb.__file__).parent, tmp_path / "refcmdb", ignore=left_out)
    environment = {
        "REFCMDB_DATABASE_URL": seeded_database,
        "REFCMDB_REDIS_URL": f"unix://{redis_socket}?db=999",
        "PYTHONPATH": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-P", "-m", "refcmdb", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        base = address_in(process.stderr)
        assert requests.get(f"{base}/health", timeout=15).ok
        for path in ("/app/", "/app/devices"):
            answer = requests.get(base + path, timeout=15)
            assert answer.status_code == 404
            assert "make frontend" in answer.json()["detail"]
        document = requests.get(f"{base}/api/v1/openapi.json", timeout=15).json()
        assert not [path for path in document["paths"] if path.startswith("/app")]
    finally:
        process.terminate()
        process.communicate(timeout=15)


def address_in(log):
    deadline = time.monotonic() + 30
    for line in log:
        if "Uvicorn running on" in line:
            return line.partition("running on ")[2].split()[0]
        assert time.monotonic() < deadline
    raise AssertionError("the server did not start")
