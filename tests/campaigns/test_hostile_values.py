"""Parameters with values that nobody expects: who fails at them, and who only refuses."""

import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_cmdbguard.campaigns.hostile_values import HostileValues, has_parameters
from pytest_cmdbguard.campaigns.volley import Volley
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.surroundings import Surroundings

KINDS = {"text": {"type": "string"}, "number": {"type": "integer", "maximum": 9}}
PARAMETERS = [{"name": name, "in": "query", "schema": kind} for name, kind in KINDS.items()]
NAMES = ("refusing", "failing", "failing-once", "down", "shut")
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "values", "version": "1"},
    "paths": {
        **{f"/{name}": {"get": {"operationId": name, "parameters": PARAMETERS}} for name in NAMES},
        "/plain": {"get": {"operationId": "plain"}},
    },
}


class Doors(BaseHTTPRequestHandler):
    """``/refusing`` is sound, ``/failing`` at NUL and large numbers, ``/down`` at all."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        asked = urlsplit(self.path)
        given = parse_qs(asked.query, keep_blank_values=True)
        (text,), (number,) = given.get("text", ["a"]), given.get("number", ["1"])
        is_valid = "\0" not in text and number.isdecimal() and int(number) < 10
        self.send_response(self._status(asked.path, is_valid=is_valid))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _status(self, path, *, is_valid):
        match path:
            case "/down":
                return 503
            case "/shut":
                return 403
            case _ if is_valid:
                return 200
            case "/failing":
                return 500
            case "/failing-once":
                return 500 if next(self.server.failures) == 0 else 422
        return 422

    def log_message(self, *_):
        pass


@pytest.fixture
def tried():
    """The results of an operation by parameter, with the profile quick."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Doors) as server:
        server.failures = itertools.count()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = Api(f"http://127.0.0.1:{server.server_port}", [])
        known = {operation.id: operation for operation in operations(DOCUMENT, where="here")}
        volley = Volley(api, Surroundings(api, known.values()))

        def send(name, profile="quick"):
            results = HostileValues(volley, profile=profile)(known[name])
            return {result.point.name: result for result in results}

        yield send
        api.close()
        server.shutdown()


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_target_that_refuses_is_sound(tried, profile):
    for result in tried("refusing", profile).values():
        assert (result.proof, result.stopped) == ("", "")


def test_failing_twice_is_proof_with_its_request(tried):
    results = tried("failing")
    assert results["text"].proof == (
        "query text: 'a\\x00b' is answered HTTP 500, each time; a valid request HTTP 200"
    )
    assert "%00" in results["text"].exchange.url
    assert f"'{'9' * 40}' is answered HTTP 500" in results["number"].proof


def test_failure_that_passes_is_none(tried):
    assert not any(result.proof for result in tried("failing-once").values())


def test_target_that_fails_at_everything_says_nothing_of_values(tried):
    for result in tried("down").values():
        assert result.proof == ""
        assert result.stopped == "the target failed: HTTP 503, as a valid request"


def test_value_that_nobody_looked_at_is_not_reached(tried):
    assert {r.stopped for r in tried("shut").values()} == {"validation: HTTP 403"}


def test_only_operations_with_parameters_are_asked():
    asked = {one.id for one in operations(DOCUMENT, where="here") if has_parameters(one)}
    assert asked == set(NAMES)
