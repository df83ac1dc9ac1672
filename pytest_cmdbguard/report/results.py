"""``results.json``: the run for programs, in a versioned format (``results.schema.json``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.report.whole import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.answers import Answer
    from pytest_cmdbguard.baseline import Balance, Entry
    from pytest_cmdbguard.run import Row, Run

FORMAT = "cmdbguard-results/1"
NAME = "results.json"


def write(run: Run, directory: Path) -> None:
    """Write ``results.json`` into the directory, whole or not at all.

    Raises: OSError when the directory cannot be made or written.
    """
    write_json(directory / NAME, to_json(run))


def to_json(run: Run) -> dict[str, Any]:
    """The run in built-in types, as the schema describes it."""
    contacts = [contact for row in run.rows for contact in row.contacts]
    return {
        "format": FORMAT,
        "accepted": run.is_accepted and not run.aborted,
        "aborted": run.aborted,
        "criteria": [_criterion(row) for row in run.rows],
        "findings": [
            finding.to_json() | {"state": str(run.balance.state(finding))}
            for finding in run.findings
        ],
        "baseline": _baseline(run.balance),
        "answers": [_answer(answer) for answer in run.answers],
        "reach": {
            "probed": sum(not contact.closed for contact in contacts),
            "reached": sum(contact.reached for contact in contacts),
            "closed": sum(contact.closed for contact in contacts),
            "requests": sum(contact.requests for contact in contacts),
            "unreached": [
                {
                    "operation": contact.operation,
                    "location": contact.location,
                    "parameter": contact.parameter,
                    "stopped": contact.stopped,
                    "closed": contact.closed,
                    "requests": contact.requests,
                }
                for contact in contacts
                if not contact.reached
            ],
        },
        "environment": dict(run.environment),
        "timings": dict(run.timings),
    }


def _baseline(balance: Balance) -> dict[str, Any]:
    return {
        "fixed": [_entry(entry) for entry in balance.fixed],
        "unlooked": [_entry(entry) for entry in balance.unlooked],
        "unfilled": [_entry(entry) for entry in balance.unfilled],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "fingerprint": entry.fingerprint,
        "check": entry.check,
        "operation": entry.operation,
        "parameter": entry.parameter,
        "reason": entry.reason,
        "owner": entry.owner,
        "until": str(entry.until),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    alert = answer.alert
    return {
        "standing": str(answer.standing),
        "source": alert.source,
        "name": alert.name,
        "risk": alert.risk,
        "cwe": alert.cwe,
        "method": alert.method,
        "url": alert.url,
        "operation": answer.operation,
        "location": answer.location,
        "parameter": answer.parameter or alert.parameter,
        "because": answer.because,
        "times": answer.times,
    }


def _criterion(row: Row) -> dict[str, Any]:
    return {
        "id": row.criterion.id,
        "text": row.criterion.text,
        "source": row.criterion.source,
        "threshold": dict(row.criterion.threshold),
        "verdict": str(row.verdict),
        "reason": row.reason,
        "items": row.total,
        "checks": [
            {
                "id": result.check,
                "nodeid": result.nodeid,
                "title": result.title,
                "outcome": str(result.outcome),
                "reason": result.reason,
                "measured": result.measured,
                "duration_s": round(result.duration_s, 4),
                "findings": [finding.fingerprint for finding in result.findings],
            }
            for result in row.checks
        ],
    }
