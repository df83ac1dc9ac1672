"""ZAP's rules over the whole target: who it asks as, what it starts from, what it suspects."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.probes import samples
from pytest_cmdbguard.services.zap_scan import ZapScan
from pytest_cmdbguard.settings import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_cmdbguard.answers import Alert
    from pytest_cmdbguard.model import Actor, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.services.zap import Zap

BUDGET_S = {"quick": 10.0, "full": 60.0}
SETTLE_S = 5.0


def budget_s(table: Mapping[str, object], *, profile: str) -> float:
    """How long ZAP's active rules may take: ``budget_s`` of ``[services.zap]``, or by profile.

    Raises: SettingsError.
    """
    told = table.get("budget_s", BUDGET_S[profile])
    if not isinstance(told, int | float) or isinstance(told, bool) or told <= 0:
        remedy = "use a number of seconds above 0"
        raise SettingsError("services.zap.budget_s", told, source=FILE, remedy=remedy)
    return float(told)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Suspicions:
    """What ZAP's rules came to.

    ``words`` say which rules ran and how far they came; ``problem`` is not empty where they were
    there and could not do their work.
    """

    words: str
    alerts: tuple[Alert, ...] = ()
    problem: str = ""


class ZapRules:
    """ZAP as a scanner.

    Args:
        zap: of level ``full``.
        api: sends through its proxy.
        surroundings: valid values, so that ZAP starts from requests that get through.
        document: the OpenAPI document as a file.
        budget_s: how long the active rules may take.
    """

    def __init__(
        self, zap: Zap, api: Api, surroundings: Surroundings, *, document: Path, budget_s: float
    ) -> None:
        self._zap, self._api, self._surroundings = zap, api, surroundings
        self._document, self._budget_s = document, budget_s

    def __call__(self, operations: Sequence[Operation], actors: Sequence[Actor]) -> Suspicions:
        """Run the rules as every actor in turn, or as the first where ZAP cannot change identity.

        Raises: ServiceError.
        """
        began = self._zap.recorded()
        with ZapScan(self._zap, self._api.base_url) as scan:
            scan.leave_out(op.route for op in operations if ends_the_session(op))
            whoever: list[Actor | None] = [*actors] or [None]
            if not scan.changes_identity:
                whoever = whoever[:1]
            done: list[str] = []
            for actor in whoever:
                share_s = self._budget_s / len(whoever)
                done.append(self._as_actor(scan, actor, operations, budget_s=share_s))
            left = scan.settle(budget_s=SETTLE_S)
            urls, alerts = scan.urls(), tuple(scan.alerts())
        sent = self._zap.recorded() - began
        problem = "" if urls else "ZAP took none of the document's operations"
        unread = f", {left:,} exchanges not looked at by its passive rules" if left else ""
        words = f"ZAP {self._zap.version} full: {urls:,} URLs, {sent:,} requests, "
        return Suspicions(words=words + "; ".join(done) + unread, alerts=alerts, problem=problem)

    def _as_actor(
        self,
        scan: ZapScan,
        actor: Actor | None,
        operations: Iterable[Operation],
        *,
        budget_s: float,
    ) -> str:
        scan.authenticate(actor.headers if actor else {})
        scan.import_document(self._document)
        api = self._api.as_actor(actor.name if actor else None)
        for operation in operations:
            if not ends_the_session(operation):
                values = self._surroundings.values(operation)
                api.send(operation, values)
                api.send(operation, _with_options(operation) | values)
        percent = scan.attack(budget_s=budget_s)
        name = actor.name if actor else "nobody"
        return f"as {name} " + ("whole" if percent >= 100 else f"{percent} % in {budget_s:g} s")


def _with_options(operation: Operation) -> dict[tuple[str, str], Any]:
    """Samples of every query parameter: what ZAP has not seen, it does not attack."""
    return {
        (p.location, p.name): samples.sample(p.schema, example=p.example)
        for p in operation.parameters
        if p.location == "query"
    }


def one_per_role(actors: Sequence[Actor], first: Actor | None) -> list[Actor]:
    """The actor who sees most, then one of every other role."""
    found: dict[str, Actor] = {}
    for actor in [first, *actors] if first else actors:
        found.setdefault(actor.role, actor)
    return list(found.values())
