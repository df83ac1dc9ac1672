"""Input stays text in every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.campaigns.page_scripts import PageScripts
    from pytest_cmdbguard.campaigns.pages import Pages, Shown


@check(
    id="CG-XSS-001",
    criterion="xss",
    title="Input never becomes markup",
    severity=Severity.HIGH,
    cwe=79,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.1 5.0:3.2.1 4.0.3:5.3.3",
    remedy="Escape by context in the template engine, and serve data under its own media type.",
)
def input_never_becomes_markup(pages: Pages, profile: str, evidence: Evidence) -> None:
    """Judged by the parsed page: only markup of the input can make an element of its name."""
    for shown in [*pages.reflected(profile), *pages.stored(profile)]:
        evidence.contact(
            shown.operation, shown.point, reached=shown.reached, stopped=shown.stopped
        )
        if shown.broken:
            evidence.finding(
                _told(shown),
                operation=shown.operation,
                point=shown.point,
                sink=f"html of {shown.page}",
                exchange=shown.exchange,
            )
    evidence.measure(f"{len(pages.operations)} pages of {pages.looked_at} operations", share=0)


def _told(shown: Shown) -> str:
    assert shown.broken is not None
    way = "stored, and shown by" if shown.page is not shown.operation else "sent back by"
    return f"{way} {shown.page}, the input became an {shown.broken.position}: {shown.broken.text}"


@check(
    id="CG-XSS-002",
    criterion="xss",
    title="Input never runs as a script",
    severity=Severity.CRITICAL,
    cwe=79,
    owasp="A03:2021 A05:2025",
    asvs="5.0:3.2.2 5.0:1.2.3 4.0.3:5.3.3",
    remedy="Write textContent instead of innerHTML; never evaluate or follow text of the address.",
)
def input_never_runs_as_a_script(
    pages: Pages, page_scripts: Callable[[], PageScripts], profile: str, evidence: Evidence
) -> None:
    """Judged by Chromium: a function that only a script can call was called with a token."""
    if not pages.operations:
        evidence.measure(f"no pages, {pages.looked_at} operations", share=0)
        return
    scripts = page_scripts()
    for ran in [*scripts.from_addresses(), *scripts.from_storage(profile)]:
        evidence.contact(ran.operation, ran.point, reached=True)
        if ran.url:
            evidence.finding(
                f"Chromium opened {ran.url} and called our function: the input ({ran.family}) "
                "ran as a script",
                operation=ran.operation,
                point=ran.point,
                sink=f"script of {ran.page}",
            )
    evidence.measure(f"{scripts.visits} visits, {len(pages.operations)} pages", share=0)
