"""Requests that a page of another origin makes a person's browser send (CSRF).

First every such request is sent as a browser would, to see which of them the target obeys: a row
that holds what the page chose. Chromium then shows whether it really sends the cookie along.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns import forged_pages
from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.origins import (
    carried,
    forging_origins,
    headers_of,
)
from pytest_cmdbguard.probes.markup import accepts
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.people import People
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.browser import Browser
    from pytest_cmdbguard.witnesses.rows import Place, RowWitness

Values = dict[tuple[str, str], object]
MARK = re.compile(r"zq[0-9a-z]{10}m(\d\d\d)", re.IGNORECASE)
REFUSED = frozenset({400, 409, 422})
LINK = "a link"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """One forged request; ``mark`` is the text that it would write, ``way`` how it is made."""

    operation: Operation
    way: str
    origin: str
    mark: str
    exchange: Exchange


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """A forged request that wrote a row; ``shown`` says whether Chromium really sent it."""

    forged: Forged
    row: Place
    shown: bool


class Forgery:
    """Forges every request that changes something and that a page can make a browser send."""

    def __init__(
        self,
        people: People,
        operations: Sequence[Operation],
        surroundings: Surroundings,
        rows: RowWitness,
        hidden_fields: Mapping[str, str],
    ) -> None:
        """``hidden_fields`` are those of the pages of somebody else: what an attacker can get."""
        self._people, self._operations, self._surroundings = people, operations, surroundings
        self._rows, self._hidden = rows, hidden_fields
        self._common = fresh_token()
        self._sent = 0

    def sent(self) -> list[Forged]:
        """All forged requests, sent with the person's cookies."""
        forgeable = [
            op
            for op in self._operations
            if op.method == "POST" and op.secured and not ends_the_session(op)
        ]
        return [forged for operation in forgeable for forged in self._of(operation)]

    @staticmethod
    def opened(sent: Sequence[Forged]) -> Iterator[tuple[Operation, bool]]:
        """Each operation, and whether the session counted there (HTTP 401 says it did not)."""
        answers: dict[str, tuple[Operation, bool]] = {}
        for forged in sent:
            operation, before = (
                forged.operation,
                answers.get(forged.operation.id, (None, False))[1],
            )
            answers[operation.id] = operation, before or forged.exchange.status != 401
        yield from answers.values()

    def obeyed(
        self, sent: Sequence[Forged], browser: Callable[[], Browser] | None
    ) -> Iterator[Obeyed]:
        """The worst that is proven of each operation.

        With a browser it has to send the request and the cookie itself; without one the rules of
        SameSite decide whether it would.
        """
        written = self._written()
        done: set[str] = set()
        for forged in sent:
            if forged.mark not in written or forged.operation.id in done:
                continue
            row = self._shown(forged, browser()) if browser else written[forged.mark]
            by_link = forged.way == LINK
            if row is not None and (
                browser or carried(self._people.needed, forged.origin, by_link=by_link)
            ):
                done.add(forged.operation.id)
                yield Obeyed(forged=forged, row=row, shown=browser is not None)

    def _of(self, operation: Operation) -> Iterator[Forged]:
        """With the mark in all fields that take it, else in one: some are picky in silence."""
        fields = _fields(operation, self._common, self._hidden)
        if not fields:
            return
        origins = forging_origins(self._people.first.api.base_url)
        chosen = fields
        for way, variant, values in self._ways(operation, fields[0]):
            for origin in origins[:1] if way == LINK else origins:  # no Origin goes with links
                forged = self._send(operation, variant, values, (way, origin), chosen)
                yield forged
                if forged.exchange.status in REFUSED and len(chosen) > 1:
                    chosen = fields[:1]
                    yield self._send(operation, variant, values, (way, origin), chosen)

    def _ways(
        self, operation: Operation, field: Parameter
    ) -> Iterator[tuple[str, Operation, Values]]:
        """How a page can make a browser send it: variant of the operation and its values."""
        values = self._surroundings.values(operation, field)
        fields = {name: v for (location, name), v in values.items() if location == field.location}
        rest = {key: value for key, value in values.items() if key[0] == "path"}
        if field.location == "form":
            yield "a form", operation, values
            borrowed = {n: v for n, v in self._hidden.items() if _has_field(operation, n)}
            if borrowed:
                with_token = {("form", name): value for name, value in borrowed.items()}
                yield "a form with another session's token", operation, {**values, **with_token}
        else:
            plain = {("header", "Content-Type"): "text/plain"}
            yield "a request of type text/plain", operation, {**values, **plain}
        query = {("query", name.lstrip("/")): value for name, value in fields.items()}
        yield LINK, dataclasses.replace(operation, method="GET"), {**rest, **query}

    def _send(
        self,
        operation: Operation,
        variant: Operation,
        values: Values,
        made: tuple[str, str],
        fields: Sequence[Parameter],
    ) -> Forged:
        way, origin = made
        mark = f"{self._common}m{self._sent:03}"
        self._sent += 1
        is_link = variant.method == "GET"
        marked = {
            ("query", field.name.lstrip("/")) if is_link else (field.location, field.name): mark
            for field in fields
        }
        told = {("header", name): value for name, value in headers_of(origin).items()}
        exchange = self._people.first.api.send(variant, {**values, **marked, **told})
        return Forged(operation=operation, way=way, origin=origin, mark=mark, exchange=exchange)

    def _written(self) -> dict[str, Place]:
        """Which marks stand in rows now."""
        found: dict[str, Place] = {}
        for place in self._rows.find_token(self._common):
            state = self._rows.state(place) if place.key else None
            texts = " ".join(state.columns.values()) if state else ""
            for match in MARK.finditer(texts):
                found.setdefault(match[0].lower(), place)
        return found

    def _shown(self, forged: Forged, browser: Browser) -> Place | None:
        """The row that the same request wrote when Chromium sent it, None where it did not."""
        mark = fresh_token()
        url = forged.exchange.url.replace(forged.mark, mark)
        body = forged.exchange.request_body.decode().replace(forged.mark, mark)
        cookies = forged_pages.browser_cookies(self._people.first.cookies, browser.base_url)
        page = forged_pages.page_for(forged.exchange, url, body)
        browser.submit(forged.origin, page, cookies=cookies)
        return next((place for place in self._rows.find_token(mark) if place.key), None)


def _fields(operation: Operation, token: str, hidden: Mapping[str, str]) -> list[Parameter]:
    """Where the mark can go: text fields that take it, first one that is not required."""
    fits = [
        point
        for point in injection_points(operation)
        if point.location in {"form", "body"}
        and point.name.count("/") <= 1
        and point.name.lstrip("/") not in hidden
        and accepts(point, f"{token}m000")
    ]
    return sorted(fits, key=lambda point: point.required)


def _has_field(operation: Operation, name: str) -> bool:
    return any(p.location == "form" and p.name == name for p in injection_points(operation))
