"""The listener hears who asks, with which token, and leads on when it is told to."""

import threading

import requests

from pytest_cmdbguard.witnesses.listener import Listener, Reply

TOKEN = "zq0123456789"


def test_requests_are_told_by_their_token():
    with Listener() as listener:
        assert listener.hits(TOKEN) == []
        requests.post(listener.url(TOKEN), data=b"x", timeout=5)
        (hit,) = listener.hits(TOKEN)
        assert hit.startswith(f"POST /{TOKEN} HTTP/1.1 Host: 127.0.0.1:")
        assert listener.hits("zqzzzzzzzzzz") == []


def test_a_late_request_is_waited_for():
    with Listener() as listener:
        url = listener.url(TOKEN)
        late = threading.Timer(0.1, lambda: requests.get(url, timeout=5))
        late.start()
        assert listener.hits(TOKEN, within_s=5)
        late.join()


def test_whoever_asks_with_a_token_gets_what_was_told_for_it():
    with Listener() as listener:
        listener.answer(TOKEN, Reply(status=302, headers={"Location": "/x"}, body=b"there"))
        told = requests.get(listener.url(TOKEN), timeout=5, allow_redirects=False)
        assert (told.status_code, told.headers["Location"], told.content) == (302, "/x", b"there")
        assert requests.get(listener.url("zqzzzzzzzzzz"), timeout=5).text == "ok"
