"""Input stays inside of the header that it comes back in, and leads nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_cmdbguard.campaigns.answer_headers import Answered, AnswerHeaders
    from pytest_cmdbguard.campaigns.stored_headers import StoredHeaders


@check(
    id="CG-URL-001",
    criterion="owasp-top-10",
    title="No address in a request leads a browser to another host",
    severity=Severity.MEDIUM,
    cwe=601,
    owasp="A01:2021 A01:2025",
    asvs="5.0:3.7.2 4.0.3:5.1.5",
    remedy="Follow paths of your own only, or hosts of a list, compared after parsing.",
)
def addresses_lead_nowhere_else(
    answer_headers: AnswerHeaders, profile: str, evidence: Evidence
) -> None:
    """Judged by the URL standard: the host that a browser goes to has our token in its name."""
    told = "a browser goes to a host that the request chose"
    note(answer_headers.led_elsewhere(profile), told, evidence, sink="location")


@check(
    id="CG-CRLF-001",
    criterion="owasp-top-10",
    title="Input never ends a header of an answer",
    severity=Severity.HIGH,
    cwe=113,
    owasp="A03:2021 A05:2025",
    asvs="5.0:4.2.4 4.0.3:7.3.1",
    remedy="Refuse or encode CR and LF in whatever becomes a header.",
)
def input_never_ends_a_header(
    answer_headers: AnswerHeaders, profile: str, evidence: Evidence
) -> None:
    """Judged by the answer as it was parsed: it has a header that only the input names."""
    told = "the answer has a header of its own that the input named"
    note(answer_headers.split(profile), told, evidence, sink="header line")


def note(results: Iterable[Answered], told: str, evidence: Evidence, *, sink: str) -> None:
    """Record what became of every place that was attacked."""
    attacked = 0
    for answered in results:
        attacked += 1
        status = answered.exchange.status
        evidence.contact(
            answered.operation,
            answered.point,
            reached=status < 400,
            stopped=f"validation: HTTP {status}",
        )
        if answered.header:
            evidence.finding(
                f"{told}: {answered.header}",
                operation=answered.operation,
                point=answered.point,
                sink=sink,
                exchange=answered.exchange,
            )
    evidence.measure(f"{attacked} places attacked", share=0)


@check(
    id="CG-CRLF-002",
    criterion="owasp-top-10",
    title="Stored input stays inside of the headers of later answers",
    severity=Severity.HIGH,
    cwe=113,
    owasp="A03:2021 A05:2025",
    asvs="5.0:4.2.4 5.0:5.4.2 4.0.3:12.4.1 4.0.3:7.3.1",
    remedy="Write file names as RFC 6266 says (filename*), and no CR, LF or quote in any header.",
)
def stored_input_stays_in_its_header(
    stored_headers: StoredHeaders, profile: str, evidence: Evidence
) -> None:
    """Judged by later answers: one has a header, or a parameter of one, that the input named."""
    for shown in stored_headers(profile):
        evidence.contact(shown.operation, shown.point, reached=True)
        if shown.proof:
            kind = "header" if shown.is_line else "parameter of a header"
            evidence.finding(
                f"a later answer has a {kind} of its own that the input named: {shown.proof}",
                operation=shown.operation,
                point=shown.point,
                sink="later header line" if shown.is_line else "later header parameter",
                exchange=shown.exchange,
                severity=None if shown.is_line else Severity.MEDIUM,
            )
