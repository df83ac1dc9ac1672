"""What goes into one request, against a server that refuses some of it."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_cmdbguard.campaigns.volley import Volley
from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.contents import cell_points
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.payloads import TextProbe
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.surroundings import Surroundings

SCAN = "<scan><host name='a' os='b'/><tool>c</tool></scan>"
NAMES = ("site", "rack", "number")
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "volleys", "version": "1"},
    "paths": {
        "/search": {
            "get": {
                "operationId": "search",
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "string"}} for name in NAMES
                ],
            }
        },
        "/scans": {
            "post": {
                "operationId": "scans",
                "requestBody": {"content": {"application/xml": {"example": SCAN}}},
            }
        },
    },
}


class Strict(BaseHTTPRequestHandler):
    """Takes anything but letters as the number."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = parse_qs(urlsplit(self.path).query)
        is_taken = query.get("number", ["1"])[0].isdigit()
        self.send_response(200 if is_taken else 422)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def api():
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Strict))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        client = Api(f"http://127.0.0.1:{server.server_port}", ())
        stack.callback(client.close)
        yield client


@pytest.fixture
def listed():
    return {operation.id: operation for operation in operations(DOCUMENT, where="volleys")}


@pytest.fixture
def volley(api, listed):
    return Volley(api, Surroundings(api, tuple(listed.values())))


def requests_of(volley, operation, points, text):
    sent = list(volley(operation, [(point, TextProbe(text=text)) for point in points]))
    assert sorted(one.point.name for one in sent) == sorted(point.name for point in points)
    return len({id(one.exchange) for one in sent})


def test_what_was_refused_alone_no_longer_stops_the_others(volley, listed):
    points = [Parameter(location="query", name=name, schema={}) for name in NAMES]
    assert requests_of(volley, listed["search"], points, "probe") == 3
    assert requests_of(volley, listed["search"], points, "probe") == 2


def test_what_is_taken_goes_together_again(volley, listed):
    points = [Parameter(location="query", name=name, schema={}) for name in NAMES]
    assert requests_of(volley, listed["search"], points, "probe") == 3
    assert requests_of(volley, listed["search"], points, "7") == 2
    assert requests_of(volley, listed["search"], points, "7") == 1


def test_the_cells_of_a_document_go_in_one(volley, listed):
    cells = cell_points(listed["scans"])
    assert len(cells) == 3
    probes = [(cell, TextProbe(text=f"probe{n}")) for n, cell in enumerate(cells)]
    sent = list(volley(listed["scans"], probes))
    assert len({id(one.exchange) for one in sent}) == 1
    assert all(f"probe{n}".encode() in sent[0].exchange.request_body for n in range(3))


def test_what_others_have_taken_is_made_anew_for_each_request(cmdb):
    operation = cmdb.operations["cables_create"]
    label = next(p for p in injection_points(operation) if p.name == "/label")
    surroundings = Surroundings(cmdb.api, tuple(cmdb.operations.values()))
    taken = cmdb.api.send(operation, surroundings.values(operation))
    assert taken.status == 409
    volley = Volley(cmdb.api, surroundings)
    sent = [one for _ in range(2) for one in volley(operation, [(label, TextProbe(text="probe"))])]
    assert [one.exchange.status for one in sent] == [201, 201]
    assert surroundings.alone == {operation.id}


def test_nothing_is_made_for_what_is_refused_for_another_reason(cmdb):
    operation = next(op for op in cmdb.operations.values() if op.path.endswith("/fetch"))
    surroundings = Surroundings(cmdb.api, tuple(cmdb.operations.values()))
    assert Volley(cmdb.api, surroundings).valid(operation).status == 422
    assert surroundings.alone == set()
