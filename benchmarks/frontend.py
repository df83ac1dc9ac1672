"""The web application on loopback, 100,000 devices, in Chromium with a cold cache every time.

First load: from the navigation to the last part of the dashboard, in a browser that was logged in.
Navigation: from the click to the data, the chunk of the view included. The long list: all devices
loaded by scrolling, then jumps to any place of it. Prints medians and the worst, as shares.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from pytest_cmdbguard.witnesses.browser import executable
from refcmdb.frontend import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

LIMIT_BYTES = 80_000
FIRST_LOAD_MS, NAVIGATION_MS = 1000.0, 200.0
CODING = "br"
PORT = 8137
DASHBOARD = "main:has(caption):not(:has(.loading))"
WAYS = {
    "devices": ('nav a[href="/app/devices"]', ".all .row"),
    "device": (".all .row a", "main:has(dl):has(table):has(.changes):not(:has(.loading))"),
    "change log": ('nav a[href="/app/changes"]', "main > .card .changes li"),
    "import": ('nav a[href="/app/imports"]', "input[type=file]"),
    "dashboard": ('nav a[href="/app/"]', DASHBOARD),
}
CLICK = """async ([link, shown]) => {
    const began = performance.now();
    document.querySelector(link).click();
    while (!document.querySelector(shown)) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
SHOWN = "shown => document.querySelector(shown) && performance.now()"
LOAD_ALL = """async () => {
    const box = document.querySelector(".rows");
    const tally = () => document.querySelector(".devices > p").textContent;
    const began = performance.now();
    while (!/^[\\d,]+ devices$/.test(tally())) {
        box.scrollTo(0, box.scrollHeight);
        await new Promise(requestAnimationFrame);
    }
    return [tally(), performance.now() - began];
}"""
JUMP = """async (share) => {
    const box = document.querySelector(".rows");
    const began = performance.now();
    box.scrollTo(0, box.scrollHeight * share);
    const top = box.getBoundingClientRect().top + 60;
    const there = () => document.elementFromPoint(300, top + 30)?.closest(".all .row");
    do await new Promise(requestAnimationFrame); while (!there());
    return performance.now() - began;
}"""


@contextlib.contextmanager
def demo(devices: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything started: the address and the passwords."""
    command = [sys.executable, "-m", "refcmdb", "demo", "--devices", str(devices)]
    with subprocess.Popen(
        [*command, "--port", str(PORT)], stdout=subprocess.PIPE, text=True
    ) as process:
        told = ""
        for line in process.stdout or ():
            told += line
            if line.startswith("Ctrl-C"):
                break
        try:
            yield (
                f"http://127.0.0.1:{PORT}",
                dict(re.findall(r"^  (\S+) +(\S+)$", told, re.MULTILINE)),
            )
        finally:
            process.terminate()


def first_script_bytes() -> int:
    """What the browser must have before the first view, compressed."""
    built = bundle.load()
    if built is None:
        raise SystemExit("the web application is not built: make frontend")
    return len(built.files[built.script].variant_for(CODING).body)


@contextlib.contextmanager
def page_of(browser: Browser, base: str, user: str, password: str) -> Iterator[Page]:
    """A browser that has a session, and nothing else of ours."""
    context = browser.new_context()
    form: dict[str, str | float | bool] = {"username": user, "password": password}
    context.request.post(f"{base}/login", form=form, max_redirects=0)
    try:
        yield context.new_page()
    finally:
        context.close()


def one_visit(page: Page, base: str) -> dict[str, float]:
    """Milliseconds of the first load and of every way from there."""
    page.goto(f"{base}/app/", wait_until="commit")
    loaded = page.wait_for_function(SHOWN, arg=DASHBOARD).json_value()
    times = {"first load": float(loaded)}
    for name, (link, shown) in WAYS.items():
        times[name] = page.evaluate(CLICK, [link, shown])
    return times


def long_list(page: Page, base: str) -> tuple[str, float, list[float]]:
    """What was loaded, in how many seconds, and milliseconds of jumps in it."""
    page.goto(f"{base}/app/devices")
    page.wait_for_selector(".all .row")
    tally, took_ms = page.evaluate(LOAD_ALL)
    return tally, took_ms / 1000, [page.evaluate(JUMP, at / 20) for at in range(20)]


def report(name: str, values_ms: Sequence[float], limit_ms: float) -> bool:
    """Print one line; whether the median is beyond the limit."""
    median = statistics.median(values_ms)
    print(
        f"{name}: {median:.0f} ms, worst {max(values_ms):.0f}; "
        f"{median / limit_ms:.2f} of {limit_ms:.0f} ms"
    )
    return median > limit_ms


def main() -> int:
    """Measure and print; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=9)
    options = parser.parse_args()
    size = first_script_bytes()
    print(
        f"initial script: {size:,} bytes ({CODING}), {size / LIMIT_BYTES:.2f} of {LIMIT_BYTES:,}"
    )
    broken = size > LIMIT_BYTES
    with demo(options.devices) as (base, passwords), sync_playwright() as playwright:
        program = executable(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        visits = []
        for _ in range(options.visits):
            with page_of(browser, base, "operator-red", passwords["operator-red"]) as page:
                visits.append(one_visit(page, base))
        for name in visits[0]:
            limit_ms = FIRST_LOAD_MS if name == "first load" else NAVIGATION_MS
            broken |= report(name, [visit[name] for visit in visits], limit_ms)
        with page_of(browser, base, "admin", passwords["admin"]) as page:
            tally, took_s, jumps = long_list(page, base)
        print(f"long list: {tally} loaded in {took_s:.1f} s")
        broken |= report("jump in it", jumps, NAVIGATION_MS)
        browser.close()
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
