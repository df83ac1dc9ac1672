"""``results.json``: the run for programs, in a versioned format (``results.schema.json``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.run import Row, Run

FORMAT = "cmdbguard-results/1"
NAME = "results.json"


def write(run: Run, directory: Path) -> None:
    """Write ``results.json`` into the directory, whole or not at all.

    Raises: OSError when the directory cannot be made or written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f".{NAME}.tmp"
    try:
        draft.write_text(json.dumps(to_json(run), indent=2) + "\n", encoding="utf-8")
        draft.replace(directory / NAME)
    finally:
        draft.unlink(missing_ok=True)


def to_json(run: Run) -> dict[str, Any]:
    """The run in built-in types, as the schema describes it."""
    contacts = [contact for row in run.rows for contact in row.contacts]
    return {
        "format": FORMAT,
        "accepted": run.is_accepted and not run.aborted,
        "aborted": run.aborted,
        "criteria": [_criterion(row) for row in run.rows],
        "findings": [finding.to_json() for finding in run.findings],
        "reach": {
            "probed": len(contacts),
            "reached": sum(contact.reached for contact in contacts),
            "unreached": [
                {
                    "operation": contact.operation,
                    "location": contact.location,
                    "parameter": contact.parameter,
                    "stopped": contact.stopped,
                }
                for contact in contacts
                if not contact.reached
            ],
        },
        "environment": dict(run.environment),
        "timings": dict(run.timings),
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
