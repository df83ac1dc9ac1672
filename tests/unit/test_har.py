"""ZAP's history as HAR 1.2: readable by others, and without anybody's credential."""

from __future__ import annotations

import json

import pytest

from pytest_cmdbguard.report import har

SECRET = "cg_0123456789abcdef"


def message(number=1, *, request="", answer="{}", headers=""):
    return {
        "id": str(number),
        "timestamp": "1795332173095",
        "rtt": "31",
        "requestHeader": (
            f"POST http://127.0.0.1:1/x?q=1&token={SECRET} HTTP/1.1\r\n"
            f"Authorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n{headers}\r\n"
        ),
        "requestBody": request,
        "responseHeader": (
            "HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nLocation: /y\r\n\r\n"
        ),
        "responseBody": answer,
    }


@pytest.fixture
def kept(tmp_path):
    def kept(*messages, **more):
        count = har.write(messages, tmp_path, creator="ZAP 2.17.0", **more)
        text = tmp_path.joinpath(har.NAME).read_text()
        entries = json.loads(text)["log"]["entries"]
        assert count == len(entries)
        return text, entries

    return kept


def test_an_exchange_is_there_with_all_that_har_asks_for(kept):
    _, (entry,) = kept(message(request='{"name":"a"}', answer="made"))
    request, response = entry["request"], entry["response"]
    assert entry["startedDateTime"] == "2026-11-22T07:22:53.095+00:00"
    assert (entry["time"], entry["timings"]["wait"]) == (31, 31)
    assert (request["method"], request["httpVersion"]) == ("POST", "HTTP/1.1")
    assert request["postData"] == {
        "mimeType": "application/json",
        "params": [],
        "text": '{"name":"a"}',
    }
    assert {"name": "q", "value": "1"} in request["queryString"]
    assert (response["status"], response["statusText"]) == (201, "Created")
    assert response["content"] == {"size": 4, "mimeType": "text/plain", "text": "made"}
    assert response["redirectURL"] == "/y"


@pytest.mark.parametrize(
    "leak",
    [
        {"request": f'{{"password": "{SECRET}"}}'},
        {"request": f'{{"old_Password" :  "a\\"{SECRET}"}}'},
        {"request": f"name=a&client_secret={SECRET}"},
        {"answer": f"you are {SECRET}"},
        {"answer": '{"token": "other-than-the-header"}'},
        {"headers": f"Cookie: session={SECRET}\r\n"},
        {"headers": "X-Site-Key: other-than-the-header\r\n"},
    ],
)
def test_credentials_are_hidden_wherever_they_are(kept, leak):
    text, _ = kept(message(**leak), secret_headers=["X-Site-Key"])
    assert SECRET not in text
    assert "other-than-the-header" not in text
    assert har.HIDDEN in text


def test_exchanges_are_in_their_order_and_bodies_are_cut(kept):
    long = "x" * (har.BODY_CHARACTERS + 5)
    _, entries = kept(message(2, answer=long), message(1, answer="first"))
    assert [len(entry["response"]["content"]["text"]) for entry in entries] == [
        5,
        har.BODY_CHARACTERS,
    ]
    assert entries[1]["response"]["content"]["size"] == len(long)


def test_an_exchange_without_an_answer_does_no_harm(kept):
    broken = message() | {"responseHeader": "HTTP/1.0 0\r\n\r\n"}
    _, (entry,) = kept(broken)
    assert entry["response"]["status"] == 0
