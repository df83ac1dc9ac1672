"""The browser witness: headless Chromium, which really runs what a page brings along.

A function of a random name is there in every page. What calls it with a token has run as a
script: nothing else can call it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import Error, sync_playwright

from pytest_cmdbguard.errors import ServiceMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from playwright.sync_api import BrowserContext, Page, Route

VARIABLE = "CMDBGUARD_BROWSER"
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
REMEDY = (
    f"apt-get install chromium-headless-shell, or python -m playwright install chromium, "
    f"or set {VARIABLE} to the program"
)
LOADED_WITHIN_MS = 5000
SETTLED_MS = 40
MOST_ROUNDS = 25
# Pages of the tests are at http:// and made-up names; the target is on the loopback interface.
OFF = "LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,HttpsUpgrades"
Cookie = dict[str, Any]


class Browser:
    """One Chromium; its pages reach one origin, and those that are made up for them.

    Playwright's loop has a thread of its own, so that nobody else's loop is in its way.

    Args:
        base_url: of the only server that pages may talk to.
    Raises: ServiceMissing when there is no Chromium, or it does not start.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.function = f"cg{secrets.token_hex(4)}"
        self._under_way = 0
        self._ran: list[str] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="browser")
        self._contexts: dict[str, BrowserContext] = {}
        try:
            self._in_thread(self._start)
        except Error as error:
            self._thread.shutdown()
            problem = str(error).strip().splitlines()[0]
            raise ServiceMissing("Chromium", problem, remedy=REMEDY) from None
        except ServiceMissing:
            self._thread.shutdown()
            raise

    def visit(self, path: str, *, headers: Mapping[str, str]) -> tuple[str, ...]:
        """Open a page of the target; the arguments of all calls of the function.

        Args:
            path: from the root, with query and fragment.
            headers: sent with every request to the target.
        """
        return self._in_thread(lambda: self._visit(path, headers))

    def submit(self, origin: str, page: str, *, cookies: Sequence[Cookie]) -> tuple[str, ...]:
        """Open a page that lies at another origin, with the target's cookies in the browser.

        Args:
            origin: of the page, which no server needs to serve.
            page: its HTML.
            cookies: of the target, as Playwright takes them.
        """
        return self._in_thread(lambda: self._submit(origin, page, cookies))

    def close(self) -> None:
        """End Chromium; harmless when done twice."""
        with contextlib.suppress(RuntimeError):  # the thread is gone already
            self._in_thread(self._stop)
            self._thread.shutdown()

    def _in_thread[Result](self, work: Callable[[], Result]) -> Result:
        return self._thread.submit(work).result()

    def _start(self) -> None:
        self._playwright = sync_playwright().start()
        try:
            self._chromium = self._playwright.chromium.launch(
                executable_path=executable(self._playwright.chromium.executable_path),
                args=[f"--disable-features={OFF}"],
                chromium_sandbox=os.geteuid() != 0,
                timeout=20_000,
            )
        except BaseException:
            self._playwright.stop()
            raise

    def _stop(self) -> None:
        self._chromium.close()
        self._playwright.stop()

    def _visit(self, path: str, headers: Mapping[str, str]) -> tuple[str, ...]:
        context = self._context(headers)
        page = context.pages[0] if context.pages else self._page(context)
        with contextlib.suppress(Error):
            page.goto("about:blank")
        return self._watched(page, self.base_url + path)

    def _submit(self, origin: str, page: str, cookies: Sequence[Cookie]) -> tuple[str, ...]:
        context = self._new_context({})
        try:
            context.add_cookies([*cookies])  # type: ignore[list-item] # they are typed dicts
            context.route(
                f"{origin}/",
                lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8"),
            )
            return self._watched(self._page(context), f"{origin}/")
        finally:
            context.close()

    def _watched(self, page: Page, url: str) -> tuple[str, ...]:
        self._ran.clear()
        with contextlib.suppress(Error):  # a page that goes elsewhere at once is an answer, too
            page.goto(url, wait_until="commit", timeout=LOADED_WITHIN_MS)
        for _ in range(MOST_ROUNDS):
            before = len(self._ran), self._under_way
            with contextlib.suppress(Error):
                page.wait_for_timeout(SETTLED_MS)
            if not self._under_way and before == (len(self._ran), 0):
                break
        return tuple(self._ran)

    def _context(self, headers: Mapping[str, str]) -> BrowserContext:
        key = repr(sorted(headers.items()))
        if key not in self._contexts:
            self._contexts[key] = self._new_context(headers)
        return self._contexts[key]

    def _new_context(self, headers: Mapping[str, str]) -> BrowserContext:
        context = self._chromium.new_context(
            extra_http_headers=dict(headers), ignore_https_errors=True, service_workers="block"
        )
        context.expose_function(self.function, self._heard)
        context.route("**/*", self._let_pass)
        return context

    def _page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())
        self._under_way = 0
        page.on("request", lambda _: self._count(1))
        page.on("requestfinished", lambda _: self._count(-1))
        page.on("requestfailed", lambda _: self._count(-1))
        return page

    def _heard(self, *said: object) -> None:
        self._ran.append(str(said[0]) if said else "")

    def _count(self, step: int) -> None:
        self._under_way = max(0, self._under_way + step)

    def _let_pass(self, route: Route) -> None:
        """Pages talk to the target and to nobody else."""
        asked, own = urlsplit(route.request.url), urlsplit(self.base_url)
        if (asked.scheme, asked.netloc) == (own.scheme, own.netloc):
            route.continue_()
        else:
            route.abort()


def executable(bundled: str) -> str:
    """The program: what the environment names, what is on PATH, or Playwright's own.

    Raises: ServiceMissing.
    """
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            problem = f"{VARIABLE} names {named}, which is no program"
            raise ServiceMissing("Chromium", problem, remedy=REMEDY)
        return found
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if Path(bundled).is_file():
        return bundled
    raise ServiceMissing("Chromium", "there is none", remedy=REMEDY)
