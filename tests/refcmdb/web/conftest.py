"""The web application in a real browser, for people who are logged in."""

import functools

import pytest
from playwright.sync_api import expect, sync_playwright

from pytest_cmdbguard.errors import ServiceMissing
from pytest_cmdbguard.witnesses import browser as chromium

PATIENCE_MS = 30_000  # machines of tests are busy
expect.set_options(timeout=PATIENCE_MS)
# Kept across views: whatever the policy forbade, and whatever went wrong in a script.
WATCH = """
addEventListener("securitypolicyviolation", (e) => told(`${e.violatedDirective} ${e.blockedURI}`));
addEventListener("error", (e) => told(e.message));
addEventListener("unhandledrejection", (e) => told(String(e.reason)));
"""


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        try:
            program = chromium.executable(playwright.chromium.executable_path)
        except ServiceMissing as missing:
            pytest.skip(str(missing))
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def cookie_of(server):
    """The session of a user, begun once."""

    @functools.cache
    def begin(user):
        with server.browser_of(user) as browser:
            return browser.cookies["refcmdb_session"]

    return begin


@pytest.fixture
def visit(browser, server, cookie_of):
    """Opens the application at a view, logged in; in the end nothing went wrong unseen."""
    opened, wrong = [], []

    def open_page(user="operator-red", path="", *, base=server.base, **options):
        context = browser.new_context(locale="en-GB", **options)
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.expose_function("told", lambda text: wrong.append(text))  # noqa: PLW0108 - it must take attributes
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        if user:
            session = {"name": "refcmdb_session", "value": cookie_of(user), "url": base}
            context.add_cookies([session])
        page.goto(f"{base}/app/{path}")
        expect(page.locator("header" if user else ".log-in")).to_be_visible()
        page.wrong = wrong
        return page

    yield open_page
    for context in opened:
        context.close()
    assert not wrong


@pytest.fixture
def device(red, device_body):
    return red.post("/devices", device_body()).json()
