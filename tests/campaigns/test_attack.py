"""The SQL attack: what it proves, where probes end, and input that becomes SQL later."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import psycopg
import pytest

from pytest_cmdbguard.campaigns.attack import SqlAttack, shown, takes_input
from pytest_cmdbguard.model import Operation, Sighting
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.witnesses.sql import SqlWitness

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "notes", "version": "1"},
    "paths": {
        "/notes": {
            "post": {
                "operationId": "store",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["title"],
                                "properties": {"title": {"type": "string"}},
                            }
                        }
                    }
                },
            }
        },
        "/report": {
            "get": {
                "operationId": "report",
                "parameters": [{"name": "since", "in": "query", "schema": {"type": "integer"}}],
            }
        },
    },
}


DOCUMENT["paths"]["/notes/{id}"] = {
    "get": {
        "operationId": "read",
        "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
    }
}
TEXT = {"type": "string"}
DOCUMENT["paths"]["/things"] = {
    "get": {"operationId": "list"},
    "post": {
        "operationId": "make",
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["title", "zone"],
                        "properties": {"title": TEXT, "zone": TEXT},
                    }
                }
            }
        },
    },
}
DOCUMENT["paths"]["/things/{id}"] = {
    "get": {
        "operationId": "show",
        "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
    }
}
DOCUMENT["paths"]["/once"] = {
    "get": {"operationId": "once", "parameters": [{"name": "q", "in": "query"}]}
}


class Notes(BaseHTTPRequestHandler):
    """Stores what it is sent as it should, and puts it into the SQL of a report later.

    ``/once`` puts input into SQL the first time only; ``/notes/1`` is strict, and notes who asks.
    ``/things`` takes one strange text at a time, and ``/things/N`` puts its title into SQL.
    """

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/things":
            self._make(**body)
        else:
            self._run("insert into notes (title) values (%s) returning id", [str(body["title"])])

    def do_GET(self):
        if self.path.startswith("/things"):
            return self._show(self.path.partition("/things")[2].strip("/"))
        if self.path.startswith("/once"):
            return self._once(unquote(self.path.partition("=")[2]))
        if self.path.startswith("/notes"):
            agent = self.headers["User-Agent"]
            self._run(f"select set_config('app.agent', '{agent}', true)", None, answer=False)
            return self._answer(200 if self.path == "/notes/1" else 404)
        return self._report()

    def _once(self, value):
        if "'" in value and not self.server.has_slipped:
            self.server.has_slipped = True
            self._run(f"select count(*) from notes where title = '{value}'", None, answer=False)
        self._run("select count(*) from notes where title = %s", [value])

    def _make(self, *, title, zone):
        if "zq" in title and "zq" in zone:
            self._answer(422)
        else:
            statement = "insert into notes (title) values (%s) returning id"
            ((number,),) = self._run(statement, [title], answer=False)
            self._answer(201, {"id": number})

    def _show(self, number):
        statement = "select id, title from notes order by id desc"
        found = self._run(statement, [], answer=False)
        things = [{"id": id_, "title": title, "zone": "x"} for id_, title in found]
        thing = next((one for one in things if str(one["id"]) == number), None)
        if thing:
            text = f"select count(*) from notes where title = '{thing['title']}'"
            self._run(text, None, answer=False)
        self._answer(200 if thing or not number else 404, thing or things)

    def _report(self):
        titles = self._run("select title from notes", [], answer=False)
        for (title,) in titles:
            self._run(f"select count(*) from notes where title = '{title}'", None, answer=False)
        self._answer(200)

    def _run(self, statement, values, *, answer=True):
        with psycopg.connect(self.server.database) as connection:
            try:
                rows = connection.execute(statement, values).fetchall()
            except psycopg.Error:
                rows = []
        if answer:
            self._answer(200)
        return rows

    def _answer(self, status, content=None):
        body = json.dumps(content or {}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def notes(new_database):
    database = new_database()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table notes (id serial, title text)")
    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        server.daemon_threads, server.database = True, database
        server.has_slipped = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def notes_attack(notes):
    found = operations(DOCUMENT, where="notes")
    api = Api(f"http://127.0.0.1:{notes.server_port}", ())
    sql = SqlWitness(notes.database)
    sql.install()
    attack = SqlAttack(api, Surroundings(api, found), sql, profile="quick")
    yield {op.id: lambda op=op: list(attack(op)) for op in found}
    api.close()
    sql.close()


def test_a_stored_probe_that_becomes_sql_later_is_traced_to_where_it_went_in(notes_attack):
    (stored,) = notes_attack["store"]()
    assert (stored.reached, stored.proof) == (True, "")
    own, *late = notes_attack["report"]()
    assert (own.point.name, own.reached, own.proof) == ("since", False, "")
    assert own.stopped == "no sink saw it: HTTP 200"
    assert late
    assert {(r.operation.id, r.point.location, r.point.name) for r in late} == {
        ("store", "body", "/title")
    }
    assert all("where title = '" in result.proof for result in late)
    assert all(result.exchange.url.endswith("/notes") for result in late)


def test_every_object_that_probes_made_is_read_again(notes_attack):
    """Titles are probed before zones, so that the last object has a harmless title."""
    proven = [result for result in notes_attack["make"]() if result.proof]
    assert {result.point.name for result in proven} == {"/title"}


def test_what_was_traced_once_is_not_told_of_what_never_surfaced(notes_attack):
    (own,) = notes_attack["report"]()
    assert not own.proof
    (stored,) = notes_attack["store"]()
    assert not stored.proof


def test_what_broke_out_once_and_not_again_is_no_proof(notes, notes_attack):
    (result,) = notes_attack["once"]()
    assert notes.has_slipped
    assert (result.reached, result.proof) == (True, "")


def test_headers_that_every_server_gets_are_probed_too(notes_attack):
    number, agent = notes_attack["read"]()
    assert (number.point.name, number.reached, number.closed) == ("id", False, True)
    assert number.stopped == "validation: HTTP 404"
    assert (agent.point.location, agent.point.name) == ("header", "User-Agent")
    assert agent.severity == "critical"
    assert "tripwire" in agent.exchange.request_headers["user-agent"]


@pytest.fixture
def attack(cmdb):
    return SqlAttack(cmdb.api, cmdb.surroundings, cmdb.sql, profile="quick")


def test_a_sound_operation_is_reached_and_proves_nothing(cmdb, attack):
    results = {r.point.name: r for r in attack(cmdb.operations["devices_list"])}
    assert not any(result.proof for result in results.values())
    assert results["q"].reached
    assert (results["q"].stopped, results["q"].exchange) == ("", None)
    assert results["sort"].reached is False
    assert results["sort"].stopped.startswith("validation: HTTP 4")
    assert results["sort"].closed
    assert not results["q"].closed
    assert results["q"].requests >= 2


def test_what_is_written_is_read_again_at_once(faulty):
    """A name that becomes SQL when it is read is found where it went in."""
    place = faulty("sql-stored-vlan-name")
    attack = SqlAttack(place.api, place.surroundings, place.sql, profile="quick")
    proven = [r for r in attack(place.operations["vlans_create"]) if r.proof]
    assert {(result.operation.id, result.point.name) for result in proven} == {
        ("vlans_create", "/name")
    }


def test_the_cells_of_documents_are_probed(faulty):
    # A place of its own: attacks of other tests rename what the example documents refer to.
    place = faulty("sql-driver-quoted")
    attack = SqlAttack(place.api, place.surroundings, place.sql, profile="quick")
    results = {r.point.name: r for r in attack(place.operations["devices_import"])}
    assert not any(result.proof for result in results.values())
    assert results["text/csv name"].reached
    assert results["application/yaml /0/serial"].reached


def test_the_exchange_of_a_proof_is_the_one_that_did_it(faulty):
    place = faulty("sql-sort-concat")
    attack = SqlAttack(place.api, place.surroundings, place.sql, profile="quick")
    proven = [r for r in attack(place.operations["devices_list"]) if r.proof]
    assert {result.point.name for result in proven} == {"sort"}
    (result,) = proven
    assert result.severity is not None
    assert "sort=" in result.exchange.url
    assert any(token in result.proof.lower() for token in result.exchange.tokens)


def test_an_operation_without_parameters_and_body_takes_no_input():
    assert not takes_input(Operation(id="x", method="GET", path="/x"))


def sighting(text, position="outside"):
    start = text.index("zq")
    return Sighting(
        witness="sql", token="zq", position=position, text=text, span=(start, start + 2)
    )


def test_a_proof_shows_the_input_between_marks_in_a_readable_piece_of_the_statement():
    assert shown(sighting("select zq")).startswith("PostgreSQL received: select »zq«\n")
    assert shown(sighting("select zq", "executed")).startswith("PostgreSQL executed: ")
    long = shown(sighting(f"select {'a' * 300}zq{'b' * 300}")).splitlines()[0]
    assert long.startswith("PostgreSQL received: … aaa")
    assert long.endswith("bbb …")
    assert len(long) < 400
