"""ZAP's own rules, where it has them (level ``full``): prepared, run within a budget, read."""

from __future__ import annotations

import contextlib
import functools
import re
import time
from typing import TYPE_CHECKING, Any, Self

from pytest_cmdbguard.answers import Alert
from pytest_cmdbguard.errors import ServiceError

from .zap import NAME, Client, ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from .zap import Zap

MARK = "cmdbguard"  # of the context, the policy and the rules that are ours
# query 1, body 2; path segments 16 are off by default, and REST has its ids there. Beside the
# places their share of the time: most ids are numbers that no payload gets past.
PLACES = ((1 + 2, 3), (16, 1))
# Rules that prove effects, by class. ZAP would run one rule after the other over the whole
# target: each class gets a share of the time instead, and path segments come last.
CLASSES = (
    (40018, 40022),  # SQL, PostgreSQL
    (90020,),  # commands
    (90019, 90035, 90036),  # code, templates
    (40012, 40014, 40016, 40017),  # scripts in pages
    (6, 7),  # paths, remote files
    (20019, 40003),  # redirects, header lines
    (90023, 40044, 90021, 90017),  # XML entities, bombs, XPath, XSLT
    (40046, 90034),  # requests to elsewhere
)
# multipart 1, XML 2, JSON 4
BODIES = 1 + 2 + 4
UNWANTED = {
    10104: "sends every request with twelve user agents, and finds nothing in an API",
    10045: "Java archives",
    20015: "Heartbleed is a matter of the TLS library",
    20017: "PHP as CGI",
    20018: "PHP as CGI",
    30001: "sends 2 kB to every place, and calls a closed connection an overflow",
    30002: "format strings of C",
    40008: "calls any odd answer tampering",
    40026: "needs a browser of its own",
    40028: "ASP.NET",
    40029: "ASP.NET",
    40045: "Spring",
}
UNWANTED_ALERTS = {"-1", "10116"}  # what we added ourselves; "ZAP is out of date"
KEPT_DATABASE = "Db.PostgreSQL"
WAIT_S = 0.2
ALERTS = 5000


class ZapScan:
    """One pass of ZAP's active and passive rules over one instance of the target.

    A context manager: what it sets in ZAP is taken back at its end.

    Args:
        zap: of level ``full``.
        base_url: of the target.
    """

    def __init__(self, zap: Zap, base_url: str) -> None:
        self._zap, self._base_url = zap, base_url
        self._client = Client(zap.url, zap.key)
        self._installed: set[str] = set()

    def __enter__(self) -> Self:
        """Technology limits, policy and options are set, passive rules on."""
        client = self._client
        self._installed = {one["id"] for one in ask(lambda: client.autoupdate.installed_addons)}
        self._take_back()
        try:
            self._prepare()
        except ServiceError:
            self._take_back()
            raise
        return self

    def _prepare(self) -> None:
        client = self._client
        context = ask(lambda: client.context.new_context(MARK))
        if not str(context).isdigit():
            raise ServiceError(NAME, f"made no context ({context})")
        self._context = str(context)
        ask(lambda: client.context.include_in_context(MARK, f"{self._base_url}.*"))
        known = ask(lambda: client.context.technology_list)
        others = [name for name in known if name.startswith("Db.") and name != KEPT_DATABASE]
        ask(lambda: client.context.exclude_context_technologies(MARK, ",".join(others)))
        self._set_options()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._take_back()

    def leave_out(self, paths: Iterable[str]) -> None:
        """Never send anything to these paths."""
        for path in paths:
            pattern = re.escape(self._base_url + path) + r"(\?.*)?"
            ask(functools.partial(self._client.ascan.exclude_from_scan, pattern))

    @property
    def changes_identity(self) -> bool:
        """Whether ZAP can put headers into requests; else it repeats those it saw of us."""
        return "replacer" in self._installed

    def authenticate(self, headers: Mapping[str, str]) -> None:
        """Let ZAP put these headers into all its requests, where it can."""
        if not self.changes_identity:
            return
        replacer = self._client.replacer
        for name, value in headers.items():
            self._quietly_remove(f"{MARK} {name}")
            words = (f"{MARK} {name}", "true", "REQ_HEADER", "false", name, value)
            ask(functools.partial(replacer.add_rule, *words, url=f"{self._base_url}.*"))

    def import_document(self, path: Path) -> str:
        """Give ZAP the OpenAPI document. Returns: what it says against it, or why it got none."""
        if "openapi" not in self._installed:
            return "ZAP has no add-on that reads OpenAPI documents"
        openapi = self._client.openapi
        said = ask(lambda: openapi.import_file(str(path), self._base_url, self._context))
        return "; ".join(map(str, said)) if isinstance(said, list) else ""

    def urls(self) -> int:
        """How many URLs of the target ZAP knows."""
        return len(ask(lambda: self._client.core.urls(self._base_url)))

    def attack(self, *, budget_s: float) -> int:
        """Run the active rules. Returns: how many percent of their work they did in that time.

        Raises: ServiceError if ZAP does not start them.
        """
        known = {int(rule["id"]) for rule in ask(lambda: self._client.ascan.scanners(MARK))}
        classes = [rules for one in CLASSES if (rules := known.intersection(one))]
        classes.append(known - UNWANTED.keys() - {rule for one in CLASSES for rule in one})
        deadline = time.monotonic() + budget_s
        rounds = [(places, w, rules) for places, w in PLACES for rules in classes if rules]
        done, waiting = 0, sum(weight for _, weight, _ in rounds)
        for places, weight, rules in rounds:
            share_s = (deadline - time.monotonic()) * weight / waiting
            done += self._round(places, rules, budget_s=share_s)
            waiting -= weight
        return done // max(1, len(rounds))

    def _round(self, places: int, rules: set[int], *, budget_s: float) -> int:
        """Some rules on some kinds of places. Returns: how far they came, in percent."""
        client = self._client
        if budget_s < WAIT_S:
            return 0
        wanted = ",".join(map(str, sorted(rules)))
        ask(lambda: client.ascan.set_option_target_params_injectable(places))
        ask(lambda: client.ascan.disable_all_scanners(MARK))
        ask(lambda: client.ascan.enable_scanners(wanted, MARK))
        scan = ask(
            lambda: client.ascan.scan(
                self._base_url, "true", "false", MARK, contextid=self._context
            )
        )
        if not str(scan).isdigit():
            raise ServiceError(NAME, f"did not start its rules ({scan})")
        deadline = time.monotonic() + budget_s
        while (percent := self._percent(scan)) < 100 and time.monotonic() < deadline:
            time.sleep(WAIT_S)
        if percent < 100:
            ask(lambda: client.ascan.stop(scan))
        return percent

    def settle(self, *, budget_s: float) -> int:
        """Wait for the passive rules. Returns: how many exchanges they have not looked at."""
        deadline = time.monotonic() + budget_s
        while left := int(ask(lambda: self._client.pscan.records_to_scan)):
            if time.monotonic() > deadline:
                return left
            time.sleep(WAIT_S)
        return 0

    def alerts(self) -> Iterator[Alert]:
        """What ZAP suspects of this target."""
        source = f"ZAP {self._zap.version}"
        for one in ask(lambda: self._client.alert.alerts(self._base_url, 0, ALERTS)):
            if one["pluginId"] not in UNWANTED_ALERTS:
                yield _alert(one, source)

    def _percent(self, scan: str) -> int:
        said = ask(lambda: self._client.ascan.status(scan))
        return int(said) if str(said).isdigit() else 100

    def _set_options(self) -> None:
        ascan, pscan = self._client.ascan, self._client.pscan
        ask(lambda: ascan.add_scan_policy(MARK, "MEDIUM", "MEDIUM"))
        ask(lambda: ascan.set_option_inject_plugin_id_in_header("true"))
        ask(lambda: ascan.set_option_target_params_enabled_rpc(BODIES))
        ask(lambda: pscan.set_max_alerts_per_rule("10"))
        ask(lambda: pscan.set_enabled("true"))

    def _take_back(self) -> None:
        """Also what a run that was killed left in a ZAP that somebody else runs."""
        client = self._client
        calls = [
            lambda: client.pscan.set_enabled("false"),
            lambda: client.ascan.remove_scan_policy(MARK),
            lambda: client.context.remove_context(MARK),
        ]
        for call in calls:
            with contextlib.suppress(ServiceError):  # it was not there
                ask(call)
        if self.changes_identity:
            rules = ask(lambda: client.replacer.rules)
            for rule in rules:
                if str(rule["description"]).startswith(MARK):
                    self._quietly_remove(rule["description"])

    def _quietly_remove(self, description: str) -> None:
        with contextlib.suppress(ServiceError):  # there was none
            ask(lambda: self._client.replacer.remove_rule(description))


def _alert(one: Mapping[str, Any], source: str) -> Alert:
    return Alert(
        source=source,
        name=str(one["alert"]),
        risk=str(one["risk"]).lower(),
        cwe=max(0, int(one["cweid"] or 0)),
        method=str(one.get("method") or "GET"),
        url=str(one["url"]),
        parameter=str(one["param"]),
    )
