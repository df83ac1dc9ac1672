"""Changes and deletions that a page of another origin asks for in a person's name (CSRF).

A script of another origin sends PUT, PATCH and DELETE only where the target's answer to the
browser's question before it (preflight) allows that. A form sends POST, which a target may take
for the method that the form names.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.campaigns import forged_pages
from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.forged_pages import OVERRIDE
from pytest_cmdbguard.campaigns.origins import (
    carried,
    forging_origins,
    headers_of,
    permits,
)
from pytest_cmdbguard.probes.bodies import FORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.estate import Estate
    from pytest_cmdbguard.campaigns.marking import Values
    from pytest_cmdbguard.campaigns.people import People
    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.browser import Browser
    from pytest_cmdbguard.witnesses.rows import Place, RowWitness

METHODS = frozenset({"PUT", "PATCH", "DELETE"})
UNKNOWN_METHOD = frozenset({405, 501})  # whatever origin asks (RFC 9110, 15.5.6 and 15.6.2)
UNMADE = "no object of its own can be created for it"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a page asks for a change: the operation in disguise, and what is put beside its values.

    ``asks`` are the headers that a browser asks the target about first; None where it need not.
    """

    name: str
    variant: Operation
    beside: Mapping[tuple[str, str], Any]
    asks: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of the forged requests of one operation; ``effect`` is empty if nothing did."""

    operation: Operation
    sent: int
    reached: bool
    stopped: str = ""
    way: str = ""
    origin: str = ""
    effect: str = ""
    exchange: Exchange | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Stake:
    """An object that was made to be changed, the request that would do so, and its row."""

    values: Values
    row: Place
    mark: str


class ForgedChanges:
    """Forges requests on objects made for it, and looks at their rows."""

    def __init__(
        self, people: People, operations: Sequence[Operation], estate: Estate, rows: RowWitness
    ) -> None:
        """``estate`` makes the objects, whoever may."""
        self._people, self._estate, self._rows = people, estate, rows
        self._operations = [
            op
            for op in operations
            if op.method in METHODS and op.secured and not ends_the_session(op)
        ]

    def __call__(self, browser: Callable[[], Browser] | None) -> Iterator[Change]:
        """One per operation, with the first effect that is proven.

        With a browser it has to send the request and the cookie itself; without one the rules of
        SameSite decide whether it would.
        """
        for operation in self._operations:
            yield self._tried(operation, browser)

    def _tried(self, operation: Operation, browser: Callable[[], Browser] | None) -> Change:
        api, sent, statuses = self._people.first.api, 0, set()
        stake = self._stake(operation)
        for way in _ways(operation):
            for origin in forging_origins(api.base_url):
                if stake is None:
                    return Change(operation=operation, sent=sent, reached=False, stopped=UNMADE)
                sent += 1
                exchange, is_allowed = self._send(api, way, origin, stake)
                if is_allowed:
                    statuses.add(exchange.status)
                effect = self._effect(stake) if is_allowed else ""
                if not effect and exchange.status in UNKNOWN_METHOD:
                    break
                if not effect:
                    continue
                stake = self._stake(operation)
                if self._comes_true(way, origin, stake, browser):
                    return Change(
                        operation=operation,
                        sent=sent,
                        reached=True,
                        way=way.name,
                        origin=origin,
                        effect=effect,
                        exchange=exchange,
                    )
        stopped = "the session opens it not"
        return Change(operation=operation, sent=sent, reached=statuses != {401}, stopped=stopped)

    def _send(self, api: Api, way: Way, origin: str, stake: _Stake) -> tuple[Exchange, bool]:
        """The answer to the request, or to the question before it where that forbids it."""
        values, told = _disguised(way, stake.values), _told(origin)
        if way.asks is not None:
            question = dataclasses.replace(way.variant, method="OPTIONS", body=None, contents={})
            asked = {
                ("header", "Access-Control-Request-Method"): way.variant.method,
                ("header", "Access-Control-Request-Headers"): ", ".join(way.asks).lower(),
            }
            path = {key: value for key, value in values.items() if key[0] == "path"}
            answer = api.as_actor(None).send(question, {**path, **told, **asked})
            if not permits(answer, origin, method=way.variant.method, headers=way.asks):
                return answer, False
        return api.send(way.variant, {**values, **told}), True

    def _comes_true(
        self, way: Way, origin: str, stake: _Stake | None, browser: Callable[[], Browser] | None
    ) -> bool:
        """Whether the person's browser would do the same to another object."""
        person = self._people.first
        if browser is None or stake is None:
            return carried(self._people.needed, origin)
        # nobody's request has the same URL and body; preflights were judged by the target's own
        # answers, for Playwright answers those of pages that it intercepts
        values = _disguised(way, stake.values) | _told(origin)
        like = person.api.as_actor(None).send(way.variant, values)
        if self._effect(stake):
            return False
        page = forged_pages.page_for(like, like.url, like.request_body.decode())
        chromium = browser()
        cookies = forged_pages.browser_cookies(person.cookies, chromium.base_url)
        chromium.submit(origin, page, cookies=cookies)
        return bool(self._effect(stake))

    def _effect(self, stake: _Stake) -> str:
        """What became of the row; empty unless it is gone or shows what the request said."""
        after = self._rows.state(stake.row)
        if after is None:
            return f"deleted {stake.row}"
        is_marked = stake.mark and any(stake.mark in text for text in after.columns.values())
        return f"wrote {stake.row}" if is_marked else ""

    def _stake(self, operation: Operation) -> _Stake | None:
        """A new object; None where none of its kind can be made, or no field takes a text."""
        if not self._estate.carriers.in_path(operation):
            return None
        owned = self._estate.fresh(operation)
        if owned is None:
            return None
        row = self._estate.row(owned, self._rows)
        mark, change = self._estate.change(operation, owned) or ("", {})
        if self._rows.state(row) is None or not (mark or operation.method == "DELETE"):
            return None
        values = self._estate.values(operation, owned) | change
        return _Stake(values=values, row=row, mark=mark)


def _ways(operation: Operation) -> Iterator[Way]:
    posted = dataclasses.replace(operation, method="POST")
    form = dataclasses.replace(posted, body=None, contents={FORM: {}})
    typed = () if operation.body is None else ("Content-Type",)
    yield Way(name="a script's request", variant=operation, beside={}, asks=typed)
    named = {("form", "_method"): operation.method}
    yield Way(name="a form that names the method", variant=form, beside=named)
    beside = {("query", "_method"): operation.method, ("header", "Content-Type"): "text/plain"}
    yield Way(name="a form whose address names the method", variant=posted, beside=beside)
    asks = (*typed, OVERRIDE)
    beside = {("header", OVERRIDE): operation.method}
    yield Way(name=f"a script's request with {OVERRIDE}", variant=posted, beside=beside, asks=asks)


def _told(origin: str) -> Values:
    """The headers by which a browser tells where a request comes from."""
    return {("header", name): value for name, value in headers_of(origin).items()}


def _disguised(way: Way, values: Values) -> Values:
    """The values of an operation as its disguise takes them: a form has a field per member."""
    if way.variant.body is None and FORM in way.variant.contents:
        values = {
            ("form", name.lstrip("/")) if place == "body" else (place, name): value
            for (place, name), value in values.items()
            if place != "body" or name.count("/") == 1
        }
    return {**values, **way.beside}
