"""A person's session is for the pages of the target, and for no other origin's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Parameter, Severity, check
from pytest_cmdbguard.probes.cookies import weaknesses

if TYPE_CHECKING:
    from pytest_cmdbguard.campaigns.cast import Conversation
    from pytest_cmdbguard.campaigns.origins import Origins
    from pytest_cmdbguard.campaigns.people import People
    from pytest_cmdbguard.probes.client import Api

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
