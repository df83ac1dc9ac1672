"""The hooks around an item: what it saw becomes part of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .collection import claim_of
from .distributed import Alone
from .errors import GuardError
from .evidence import NOT_VERIFIED, Evidence, evidence_key, summary
from .model import CheckResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .gate import Gate


RESULT = "cmdbguard"


class Recording:
    """In every process that runs checks: what an item saw becomes part of its report."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.flags = gate, gate.settings.as_flags()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Timing items run alone, all others side by side (across xdist workers)."""
        claim = claim_of(item)
        with Alone.of(item.config).hold(exclusive=bool(claim and claim.alone)):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A fresh record for every attempt."""
        claim = claim_of(item)
        if claim is not None:
            item.stash[evidence_key] = Evidence(claim, item.nodeid, flags=self.flags)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """An item with findings fails when its check returns, as expected if all are known."""
        result = yield
        evidence = pyfuncitem.stash.get(evidence_key, None)
        if evidence and self.gate.baseline.excuses(evidence.findings):
            pytest.xfail(f"known: {len(evidence.findings)} in {self.gate.baseline.path.name}")
        if evidence and evidence.findings:
            pytest.fail(summary(evidence.findings), pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the result on the report, from where it travels to the controller."""
        report = yield
        evidence = item.stash.get(evidence_key, None)
        if evidence is None or (report.passed and call.when != "call"):
            return report
        died = self.gate.death() if report.failed else ""
        if call.excinfo and (died or isinstance(call.excinfo.value, GuardError)):
            report.longrepr = died or str(call.excinfo.value)
        result = _result(evidence, report, call, died=died)
        report.__dict__[RESULT] = result.to_json()  # xdist carries whatever stands there
        # JUnit takes them from the report of the teardown, which copies the item's
        item.user_properties = [*_properties(result)]
        return report


def _properties(result: CheckResult) -> Iterator[tuple[str, object]]:
    """What a JUnit file says of an item beside its outcome."""
    yield "criterion", result.criterion
    yield "check", result.check
    yield "verdict", str(result.outcome)
    if result.measured:
        yield "measured", result.measured
    if result.contacts:
        reached = sum(contact.reached for contact in result.contacts)
        yield "reach", f"{reached}/{len(result.contacts)}"


def _result(
    evidence: Evidence, report: pytest.TestReport, call: pytest.CallInfo[None], *, died: str
) -> CheckResult:
    """What an item has to say; with a part of the system gone a failure proves nothing."""
    outcome, reason = Outcome.PASSED, ""
    error = call.excinfo.value if call.excinfo else None
    if died:
        evidence.drop_findings()
        outcome, reason = Outcome.ERROR, died
    elif hasattr(report, "wasxfail") and evidence.findings:
        outcome = Outcome.FAILED
    elif report.skipped:
        outcome, reason = Outcome.NOT_VERIFIED, str(error).removeprefix(NOT_VERIFIED)
    elif report.failed:
        if call.when == "call" and isinstance(error, AssertionError) and not evidence.findings:
            evidence.finding_from_assertion(str(error).partition("\n")[0])
        proven = call.when == "call" and bool(evidence.findings)
        outcome = Outcome.FAILED if proven else Outcome.ERROR
        reason = "" if proven else _in_words(error)
    return evidence.result(outcome, reason=reason, duration_s=report.duration)


def _in_words(error: BaseException | None) -> str:
    """One line about what ended a check; our own errors and pytest's say what they are."""
    line = str(error).partition("\n")[0]
    if isinstance(error, GuardError | pytest.fail.Exception):
        return line
    return ": ".join(filter(None, (type(error).__name__, line)))
