"""Answers of the assistant: what is kept and for whom, what is no answer, and what is counted."""

from __future__ import annotations

import concurrent.futures
import contextlib
import time

import pytest
from models import KEY, Model, said
from seeing import events

from refcmdb.services.cache import keys


def cache_of(answer):
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Cache"]


def test_same_question_is_asked_once(ask, model, new):
    device = new()
    first, again = (ask(f"Is {device['name']} up?") for _ in range(2))
    assert (cache_of(first), cache_of(again)) == ("miss", "hit")
    assert first.content == again.content
    assert cache_of(ask(f"  Is\n{device['name']}  up? ")) == "hit"
    assert len(model.asked) == 1


@pytest.mark.parametrize("user", ["viewer-red", "operator-blue", "admin"])
def test_nobody_of_another_tenant_or_role_gets_the_answer(ask, model, unique, user):
    question = f"What is {unique()}?"  # the same facts for everybody: none
    ask(question)
    assert cache_of(ask(question, user)) == "miss"
    assert len(model.asked) == 2
    assert model.asked[0].body == model.asked[1].body


def test_change_of_what_was_told_asks_anew(ask, assisted, model, new):
    device, other = new(), new()
    question = f"Is {device['name']} up?"
    ask(question)
    red = assisted.as_("operator-red")
    red.patch(f"/devices/{other['id']}", {"status": "offline"})
    assert cache_of(ask(question)) == "hit"
    red.patch(f"/devices/{device['id']}", {"status": "offline"})
    assert cache_of(ask(question)) == "miss"
    assert model.asked[1].told["facts"]["devices"][0]["status"] == "offline"


def test_another_model_or_length_is_another_answer(start_assisted, redis_socket, ask, unique):
    shared, question = f"unix://{redis_socket}?db=990", f"What is {unique()}?"
    hits = []
    for changed in ({}, {}, {"REFCMDB_ASSISTANT_MODEL": "m-2"}, {"REFCMDB_ASSISTANT_TOKENS": "9"}):
        with start_assisted(redis_url=shared, **changed) as server:
            hits.append(cache_of(ask(question, server=server)))
    assert hits == ["miss", "hit", "miss", "miss"]


SAME = {"role": "viewer", "tenant_id": 1, "api": "http://a/v1", "request": b"{}"}


@pytest.mark.parametrize(
    "other",
    [{"role": "operator"}, {"tenant_id": 2}, {"tenant_id": None}, {"api": "x"}, {"request": b""}],
    ids=str,
)
def test_key_knows_every_part(other):
    assert keys.assistant_key(**SAME) == keys.assistant_key(**SAME)
    assert keys.assistant_key(**SAME | other) != keys.assistant_key(**SAME)


WRONG = {
    "error": (500, b"{}"),
    "busy": (429, b'{"error": {"message": "slow down"}}'),
    "refused": (401, b'{"error": {"message": "Incorrect API key"}}'),
    "moved": (302, b""),
    "page": (200, b"<html>"),
    "cut JSON": (200, said("x")[1][:-5]),
    "latin": (200, said("x")[1].replace(b'"x"', b'"\xe4"')),
    "no choice": (200, b'{"choices": []}'),
    "no text": said(None),
    "blank": said("  \n"),
    "tool": said(None, "tool_calls", tool_calls=[{"id": "1", "type": "function"}]),
    "parts": (200, b'{"choices": [{"message": {"content": [{"type": "text"}]}}]}'),
    "huge": said("x" * 300_000),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_answer_is_told_and_kept_for_nobody(ask, model, unique, wrong):
    question = f"What is {unique()}?"
    model.answer = lambda _: WRONG[wrong]
    answer = ask(question)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json()["detail"] == "the assistant gave no answer"
    model.answer = Model.repeats
    assert cache_of(ask(question)) == "miss"


@pytest.mark.parametrize(
    "cut",
    [
        said("The first part of", "length"),
        said("I call", "tool_calls", tool_calls=[{"id": "1", "type": "function"}]),
        said("I must not", "content_filter"),
    ],
    ids=["length", "tool", "filter"],
)
def test_answer_that_is_not_whole_is_shown_and_kept_for_nobody(ask, model, unique, cut):
    question = f"What is {unique()}?"
    model.answer = lambda _: cut
    answers = [ask(question) for _ in range(2)]
    assert [cache_of(answer) for answer in answers] == ["miss", "miss"]
    assert [answer.json()["complete"] for answer in answers] == [False, False]
    assert len(model.asked) == 2


def asked_together(ask, model, question, servers):
    """The answers of all; the model begins to answer when all have asked it that will."""
    model.ready.clear()
    with concurrent.futures.ThreadPoolExecutor(len(servers)) as pool:
        answers = [pool.submit(ask, question, server=server) for server in servers]
        time.sleep(2.5)  # longer than a computation of other answers may lock
        model.ready.set()
        return [answer.result() for answer in answers]


def test_many_who_ask_at_once_ask_once(start_assisted, redis_socket, ask, model, unique):
    shared, question = f"unix://{redis_socket}?db=991", f"What is {unique()}?"
    with contextlib.ExitStack() as stack:
        first, second = (stack.enter_context(start_assisted(redis_url=shared)) for _ in range(2))
        answers = asked_together(ask, model, question, [first, first, second, second])
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert len(model.asked) == 1


def test_assistant_answers_without_redis(start_assisted, ask):
    with start_assisted(redis_url="") as server:
        answers = [ask("Who are you?", server=server) for _ in range(2)]
    assert [cache_of(answer) for answer in answers] == ["miss", "miss"]


def test_every_question_is_an_event_and_its_text_is_in_no_log(assisted, ask, model, unique):
    secret, before = unique("hush"), len(events(assisted))
    for _ in range(2):
        ask(f"What is {secret}?")
    model.answer = lambda _: WRONG["error"]
    ask(f"Who is {secret}?")
    told = [
        (event["outcome"], event["detail"])
        for event in events(assisted)[before:]
        if event["event"] == "assistant.asked"
    ]
    assert told == [
        ("ok", "device none, miss"),
        ("ok", "device none, hit"),
        ("noted", "no answer"),
    ]
    text = assisted.log.read_text()
    assert secret not in text
    assert KEY not in text


def test_statistics_tell_hits_and_tokens(start_assisted, ask, model):
    with start_assisted() as server:
        for _ in range(3):
            ask("Who are you?", server=server)
        model.answer = lambda _: WRONG["error"]
        ask("What are you?", server=server)
        admin = server.as_("admin")
        told = admin.get("/performance/cache").json()["assistant"]
        lines = admin.get("//metrics").text.splitlines()
    assert told == {
        "hits": 2,
        "misses": 2,
        "prompt_tokens": 70,
        "completion_tokens": 30,
        "saved_tokens": 200,
        "failures": 1,
    }
    assert {
        'refcmdb_assistant_lookups_total{result="hit"} 2',
        'refcmdb_assistant_lookups_total{result="miss"} 2',
        'refcmdb_assistant_tokens_total{kind="prompt"} 70',
        'refcmdb_assistant_tokens_total{kind="completion"} 30',
        'refcmdb_assistant_tokens_total{kind="saved"} 200',
        "refcmdb_assistant_failures_total 1",
    } <= set(lines)
