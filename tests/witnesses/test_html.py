"""The HTML witness says in which place of a page a token stands."""

import pytest

from pytest_cmdbguard.model import Exchange
from pytest_cmdbguard.witnesses import html

TOKEN = "zq0123456789"


def answer(media, body=b"<!doctype html><p>x", **headers):
    told = {"content-type": media} if media else {}
    return Exchange(method="GET", url="http://h/", status=200, headers=told | headers, body=body)


def positions(page):
    return {seen.position for seen in html.sightings(page.encode(), [TOKEN])}


@pytest.mark.parametrize(
    ("page", "position"),
    [
        (f"<p>a {TOKEN}</p>", "text"),
        (f"<p>&lt;{TOKEN}&gt;</p>", "text"),
        (f"<textarea><{TOKEN}></textarea>", "text"),
        (f"<title><{TOKEN}></title>", "text"),
        (f"<style><{TOKEN}></style>", "text"),
        (f"<p><!-- <{TOKEN}> -->", "comment"),
        (f'<p title="<{TOKEN}>">', "attribute"),
        (f'<p title="{TOKEN}&quot; x">', "attribute"),
        (f'<a href="/{TOKEN}">', "attribute"),
        (f'<a href="x?javascript:{TOKEN}">', "attribute"),
        (f"<p onclick=\"f('{TOKEN}')\">", "handler"),
        (f'<script>a = "<{TOKEN}>"</script>', "script"),
        (f"<p><{TOKEN}>", "element"),
        (f"<p title=''><{TOKEN.upper()}>", "element"),
        (f"<textarea></textarea><{TOKEN}></textarea>", "element"),
        (f'<script>a = "</script><{TOKEN}>"', "element"),
        (f'<p title="" {TOKEN}=1 "">', "attribute name"),
        (f"<p title=x {TOKEN}>", "attribute name"),
        (f'<a href="javascript:{TOKEN}">', "script address"),
        (f'<a href=" java&#9;script:{TOKEN}">', "script address"),
        (f'<iframe srcdoc="&lt;{TOKEN}>">', "element"),
    ],
)
def test_a_token_stands_where_a_browser_sees_it(page, position):
    assert position in positions(page)
    breaks_out = position in html.BROKEN_OUT
    assert bool(positions(page) & html.BROKEN_OUT) == breaks_out


def test_what_browsers_with_scripts_do_not_read_is_not_there():
    assert positions(f"<p><noscript><{TOKEN}></noscript>") & html.BROKEN_OUT == set()


@pytest.mark.parametrize(
    ("exchange", "is_page"),
    [
        (answer("text/html; charset=utf-8"), True),
        (answer("image/svg+xml"), True),
        (answer("application/json"), False),
        (answer("text/plain"), False),
        (answer(""), True),
        (answer("", b'{"a": "<p>"}'), False),
        (answer("", **{"x-content-type-options": "nosniff"}), False),
    ],
)
def test_only_what_a_browser_shows_as_a_page_is_one(exchange, is_page):
    assert html.is_page(exchange) is is_page


@pytest.mark.parametrize(
    ("page", "brings_scripts"),
    [
        (b"<p>text", False),
        (b"<script>1</script>", True),
        (b"<p onclick=x()>", True),
        (b'<a href="javascript:x()">', True),
        (b"<textarea><script>1</script></textarea>", False),
    ],
)
def test_pages_that_bring_scripts_are_known(page, brings_scripts):
    assert html.has_scripts(page) is brings_scripts


def test_hidden_fields_are_what_forms_send_by_themselves():
    page = b"<form><input type=hidden name=csrf value=x><input name=shown value=y></form>"
    assert html.hidden_fields(page) == {"csrf": "x"}
