"""Places that refuse every probe: what the gate says of them, by the values that they do take."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest

from pytest_cmdbguard.campaigns.attack import SqlAttack
from pytest_cmdbguard.campaigns.login import LogIn
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.witnesses.sql import SqlWitness

WORD = {"type": "string", "examples": ["sesame-11"]}
NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
FILES = {"many": ["first.csv", "last.csv"], "one": ["only.csv"]}


def takes_a_word(name):
    schema = {"type": "object", "required": ["word"], "properties": {"word": WORD}}
    content = {"application/json": {"schema": schema}}
    return {"post": {"operationId": name, "requestBody": {"content": content}}}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "doors", "version": "1"},
    "paths": {
        **{f"/{name}": takes_a_word(name) for name in ("unused", "used", "shut")},
        **{f"/{name}": {"get": {"operationId": f"{name}s"}} for name in FILES},
        **{
            f"/{name}/{{name}}": {"get": {"operationId": name, "parameters": [NAME]}}
            for name in FILES
        },
    },
}


class Doors(BaseHTTPRequestHandler):
    """``/used`` asks the database for the one word that it takes, the others do not."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_word = body["word"] == WORD["examples"][0]
        if not is_word or self.path == "/shut":
            return self._answer(422)
        asked = body["word"] if self.path == "/used" else "something else"
        with psycopg.connect(self.server.database) as connection:
            connection.execute("select %s::text", [asked])
        return self._answer(200)

    def do_GET(self):
        _, kind, *rest = self.path.split("/")
        if not rest:
            return self._answer(200, [{"name": name} for name in FILES[kind]])
        return self._answer(200 if rest[0] in FILES[kind] else 404)

    def _answer(self, status, value=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def ending(new_database):
    """Where the one place of an operation ended, and whether it is closed."""
    database = new_database()
    found = {op.id: op for op in operations(DOCUMENT, where="doors")}
    sql = SqlWitness(database)
    sql.install()
    with ThreadingHTTPServer(("127.0.0.1", 0), Doors) as server:
        server.daemon_threads, server.database = True, database
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        api = Api(f"http://127.0.0.1:{server.server_port}", ())
        surroundings = Surroundings(api, tuple(found.values()))
        attack = SqlAttack(api, surroundings, sql, profile="quick")

        def of(name):
            (result,) = attack(found[name])
            assert not result.reached
            return result.stopped, result.closed

        yield of
        server.shutdown()
        thread.join()
        api.close()
    sql.close()


def test_a_place_is_closed_when_the_value_that_it_takes_is_in_no_statement(ending):
    assert ending("unused") == ("no sink saw it: a valid value, HTTP 200", True)


def test_a_place_is_open_when_the_database_hears_of_the_value_that_it_takes(ending):
    assert ending("used") == ("validation: HTTP 422", False)


def test_a_place_is_open_when_not_even_a_valid_value_is_taken(ending):
    assert ending("shut") == ("no valid request is known: HTTP 422", False)


def test_the_name_in_a_path_is_that_of_another_object_than_everybody_asks_for(ending):
    """An answer from a cache proves nothing."""
    assert ending("many") == ("no sink saw it: a valid value, HTTP 200", True)
    assert ending("one") == ("validation: HTTP 404", False)


def test_the_password_of_a_log_in_that_succeeds_is_looked_for(cmdb):
    actor = next(actor for actor in cmdb.cast.actors if actor.password)
    every = tuple(cmdb.operations.values())
    found = LogIn.all_of(cmdb.api, cmdb.surroundings, every, cmdb.target.login)
    known = {one.operation.id: one.values(actor.name, actor.password) for one in found}
    assert known.keys() == {"auth_login", "login"}
    attack = SqlAttack(cmdb.api, cmdb.surroundings, cmdb.sql, profile="quick", known=known)
    results = {r.point.name: r for name in known for r in attack(cmdb.operations[name])}
    for name in ("/password", "password", "next"):
        assert results[name].stopped.startswith("no sink saw it: a valid value"), name
        assert results[name].closed, name
    assert results["/username"].reached


def test_a_cell_has_the_choices_of_the_field_that_it_is_named_like(cmdb):
    attack = SqlAttack(cmdb.api, cmdb.surroundings, cmdb.sql, profile="quick")
    results = {r.point.name: r for r in attack(cmdb.operations["devices_import"])}
    for name in ("text/csv status", "application/yaml /0/status"):
        assert (results[name].closed, results[name].reached) == (True, False), name
    assert not results["text/csv name"].closed
