"""What ZAP recorded becomes part of the report, and what was found becomes part of ZAP's."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import GuardError
from .report import har
from .services import zap_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from .model import Finding
    from .services.zap import Zap
    from .settings import Settings

# how long reading the history may take
BUDGET_S = {"quick": 6.0, "full": 15.0}
AGENT = "User-Agent: pytest-cmdbguard"

Message = dict[str, Any]


def keep(state: Path | None, findings: Sequence[Finding], settings: Settings) -> str:
    """Write ZAP's history beside the report and hand it the findings.

    Args:
        state: where the process that started ZAP says what became of it; None where it is off.
        findings: of this run.
        settings: of this run.
    Returns: what is kept, or why nothing is, in words; empty without ZAP. Raises: OSError.
    """
    if state is None or not state.exists():
        return ""
    try:
        zap = zap_state.wait(state)
        history, left = zap.history(budget_s=BUDGET_S[settings.profile])
        messages = _ours(history, settings)
        told = _tell(zap, findings, messages)
    except GuardError as error:
        return f"none, {error}"
    kept = har.write(
        messages,
        settings.report,
        creator=f"ZAP {zap.version}",
        secret_headers=_secret_headers(settings),
    )
    left_out = f"{left:,} later ones left out; " if left else ""
    return f"{har.NAME} ({kept:,} exchanges; {left_out}{told} findings told to ZAP)"


def _ours(messages: Sequence[Message], settings: Settings) -> Sequence[Message]:
    """All that a ZAP of our own has; of somebody else's what we sent."""
    if settings.zap == "auto":
        return messages
    return [message for message in messages if AGENT in message["requestHeader"]]


def _tell(zap: Zap, findings: Sequence[Finding], messages: Iterable[Message]) -> int:
    """Add each finding as an alert at its own exchange, else at one of the same path."""
    exact: dict[tuple[str, str], str] = {}
    near: dict[tuple[str, str], str] = {}
    for message in messages:
        method, url, *_ = [*str(message["requestHeader"]).split(" ", 2), "", ""]
        exact[method, url] = near[method, urlsplit(url).path] = message["id"]
    told = 0
    for finding in findings:
        method, url = _sent(finding)
        place = exact.get((method, url)) or near.get((method, urlsplit(url).path))
        if place:
            zap.add_alert(place, finding)
            told += 1
    return told


def _sent(finding: Finding) -> tuple[str, str]:
    """Method and URL of the request that shows a finding, as its shell line has them."""
    try:
        words = shlex.split(finding.reproduce[0]) if finding.reproduce else []
    except ValueError:
        words = []
    url = next((word for word in words if word.startswith(("http://", "https://"))), "")
    return finding.operation.partition(" ")[0], url


def _secret_headers(settings: Settings) -> set[str]:
    """The names of the headers that hold the credentials of actors."""
    actors: Mapping[str, Any] = settings.table("actors")
    tables = [actor.get("headers") for actor in actors.values() if isinstance(actor, dict)]
    return {name for table in tables if isinstance(table, dict) for name in table}
