"""A person's session is for the pages of the target, and for no other origin's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check
from pytest_cmdbguard.probes.cookies import weaknesses

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.campaigns.cast import Conversation
    from pytest_cmdbguard.campaigns.forged_changes import ForgedChanges
    from pytest_cmdbguard.campaigns.forgery import Forgery
    from pytest_cmdbguard.campaigns.origins import Origins
    from pytest_cmdbguard.campaigns.people import People
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.browser import Browser

SESSION = Parameter(location="cookie", name="session")


@check(
    id="CG-HDR-002",
    criterion="security-headers",
    title="The cookies of a session are kept from scripts, other sites and plain HTTP",
    severity=Severity.MEDIUM,
    cwe=1275,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:3.3.1 5.0:3.3.2 5.0:3.3.4 4.0.3:3.4.1 4.0.3:3.4.2 4.0.3:3.4.3",
    remedy="Set HttpOnly, SameSite=Lax and, over HTTPS, Secure and the prefix __Host-; no Domain.",
)
def session_cookies_are_kept_safe(
    people: People, conversation: Conversation, api: Api, evidence: Evidence
) -> None:
    """Only cookies without which a session opens nothing count, whatever they are called."""
    if absent := people.absence(conversation):
        evidence.measure(absent, share=0)
        return
    for cookie in people.needed:
        for rule, wrong in weaknesses(cookie, https=api.base_url.startswith("https:")):
            evidence.finding(
                f"{people.operation} sets {cookie.name}, which opens the session: {wrong}",
                operation=people.operation,
                sink=f"cookie {rule}",
            )
    names = ", ".join(cookie.name for cookie in people.needed)
    evidence.measure(f"session cookies: {names}", share=0)


@check(
    id="CG-HDR-003",
    criterion="security-headers",
    title="No other origin reads what a session opens",
    severity=Severity.HIGH,
    cwe=942,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:3.4.2 4.0.3:14.5.3",
    remedy="Compare the whole Origin with a list of whole origins; never send it back unchecked.",
)
def other_origins_read_nothing(
    people: People, origins: Origins, conversation: Conversation, evidence: Evidence
) -> None:
    """Judged as browsers do: by the two headers, on an answer that nobody gets without session."""
    if absent := people.absence(conversation):
        evidence.measure(absent, share=0)
        return
    for read in origins.readable():
        evidence.contact(read.operation, SESSION, reached=True)
        if read.exchange:
            size = len(read.exchange.body)
            evidence.finding(
                f"a page of {read.origin} may read these {size} bytes, which nobody is shown "
                "without a session: Access-Control-Allow-Origin names it, with credentials",
                operation=read.operation,
                sink="header access-control-allow-origin",
                exchange=read.exchange,
            )


@check(
    id="CG-CSRF-001",
    criterion="csrf",
    title="No other origin acts in a person's name",
    severity=Severity.HIGH,
    cwe=352,
    owasp="A01:2021 A01:2025",
    asvs="5.0:3.5.1 5.0:3.5.2 5.0:3.5.3 4.0.3:4.2.2",
    remedy="Ask each changing request that a cookie opens for its session's token or its Origin.",
)
def other_origins_change_nothing(
    people: People,
    forgery: Callable[[], Forgery],
    forged_changes: Callable[[], ForgedChanges],
    browser_if_any: Callable[[], Browser] | None,
    conversation: Conversation,
    evidence: Evidence,
) -> None:
    """Judged by the row: it holds what a page of another origin chose, sent by a real browser."""
    if absent := people.absence(conversation):
        evidence.measure(absent, share=0)
        return
    forger = forgery()
    sent = forger.sent()
    for operation, is_open in forger.opened(sent):
        evidence.contact(operation, SESSION, reached=is_open, stopped="the session opens it not")
    for obeyed in forger.obeyed(sent, browser_if_any):
        forged = obeyed.forged
        evidence.finding(
            f"{forged.way} on a page of {forged.origin}, which needs nothing but the cookie of "
            f"{people.first.actor.name}, wrote {obeyed.row}"
            + (": Chromium sent it" if obeyed.shown else ""),
            operation=forged.operation,
            point=SESSION,
            sink="row",
            exchange=forged.exchange,
        )
    total = len(sent)
    for change in forged_changes()(browser_if_any):
        total += change.sent
        evidence.contact(change.operation, SESSION, reached=change.reached, stopped=change.stopped)
        if change.effect:
            evidence.finding(
                f"{change.way} on a page of {change.origin}, which needs nothing but the cookie "
                f"of {people.first.actor.name}, {change.effect}"
                + (": Chromium sent one like it" if browser_if_any else ""),
                operation=change.operation,
                point=SESSION,
                sink="row",
                exchange=change.exchange,
            )
    shown = "confirmed in Chromium" if browser_if_any else "without a browser"
    evidence.measure(f"{total} forged requests, {shown}", share=0)
