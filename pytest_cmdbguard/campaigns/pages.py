"""Input that comes back in pages: sent to every place, then looked for in what browsers show."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.probes.markup import MarkupProbe, markup_probes
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.witnesses import html

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_cmdbguard.campaigns.reach_map import ReachMap
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter, Sighting
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings

Make = Callable[["Parameter"], "Iterator[MarkupProbe]"]

WRITING = frozenset({"POST", "PUT", "PATCH"})
MOST_SEARCHES, MOST_OBJECTS = 12, 3
# As browsers ask: some servers have pages for them that no document promises.
AS_BROWSER: Mapping[tuple[str, str], object] = {
    ("header", "Accept"): "text/html,application/xhtml+xml,*/*;q=0.8"
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What became of the input of one place in pages.

    ``page`` is the operation that showed it; ``broken`` where it left its place, None where it
    did not; ``stopped`` says where attacks ended of a place that pages show otherwise.
    """

    operation: Operation
    point: Parameter
    page: Operation
    exchange: Exchange
    reached: bool = True
    broken: Sighting | None = None
    stopped: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Probes that one operation stored, and the pages of the objects that hold them now."""

    sent: Sequence[Sent[MarkupProbe]]
    pages: Sequence[tuple[Operation, Exchange]]


class Pages:
    """Every operation that answers with a page, and what stored and sent input does there."""

    def __init__(
        self,
        api: Api,
        operations: Sequence[Operation],
        surroundings: Surroundings,
        volley: Volley,
        reach_map: ReachMap,
    ) -> None:
        self._api, self._all, self._surroundings = api, operations, surroundings
        self._volley, self._reach_map = volley, reach_map

    @property
    def looked_at(self) -> int:
        """How many operations there are at all."""
        return len(self._all)

    @functools.cached_property
    def operations(self) -> list[Operation]:
        """Those that read a page, by the document or by what a browser is answered."""
        reading = (operation for operation in self._all if operation.method == "GET")
        return [op for op in reading if _promises_a_page(op) or self._is_page(op)]

    def _is_page(self, operation: Operation) -> bool:
        if ends_the_session(operation):
            return False
        answer = self.ask(operation, {})
        return answer.is_taken and html.is_page(answer)

    def reflected(self, profile: str) -> Iterator[Shown]:
        """What input did in the page that answered it, for every place that one shows."""
        for operation in self._all:
            points = [] if ends_the_session(operation) else self._shown_points(operation)
            results: dict[tuple[str, str], Shown] = {}
            for probes in self._rounds(points, _by_browser(markup_probes(profile))):
                for sent in self._volley(operation, probes):
                    _keep(results, _judged(sent, operation, sent.exchange))
            yield from results.values()

    def stored(self, profile: str) -> Iterator[Shown]:
        """What stored input did in the pages that show it."""
        if not self.operations:
            return
        origins: dict[str, Sent[MarkupProbe]] = {}
        results: dict[tuple[str, str], Shown] = {}

        def look(pages: Iterable[tuple[Operation, Exchange]]) -> None:
            for page, exchange in pages:
                for token in {s.token for s in html.sightings(exchange.body, origins)}:
                    _keep(results, _judged(origins[token], page, exchange))

        for written in self.written(markup_probes(profile)):
            origins |= {token: one for one in written.sent for token in one.probe.tokens}
            look(written.pages)
        look(self.read([one.probe.tokens[0] for one in origins.values()]))
        yield from results.values()

    def written(self, make: Make) -> Iterator[Written]:
        """Probes that the text fields of every writing operation accepted, in rounds."""
        self._surroundings.forget()  # what was learned may have been renamed by earlier attacks
        for operation in self._all:
            if operation.method not in WRITING or ends_the_session(operation):
                continue
            points = [p for p in injection_points(operation) if p.location in _FIELDS]
            for probes in self._rounds(points, make):
                accepted = [
                    one for one in self._volley(operation, probes) if one.exchange.status < 400
                ]
                if not accepted:
                    break
                yield Written(sent=accepted, pages=list(self._pages_of(operation, accepted)))

    def read(self, searches: Iterable[str]) -> Iterator[tuple[Operation, Exchange]]:
        """The pages as they are, and those without a path parameter for what is searched for."""
        found = list(dict.fromkeys(searches))[-MOST_SEARCHES:]
        for page in self.operations:
            usual = self._surroundings.values(page)
            asked = [usual]
            if "{" not in page.path:
                names = [p.name for p in page.parameters if p.location == "query"]
                asked += [{**usual, ("query", n): text} for n in names for text in found]
            yield from self._asked(page, asked)

    def _pages_of(
        self, operation: Operation, sent: Sequence[Sent[MarkupProbe]]
    ) -> Iterator[tuple[Operation, Exchange]]:
        """The pages of the objects that were written, before somebody writes over it."""
        used = [
            v for (place, _), v in self._surroundings.values(operation).items() if place == "path"
        ]
        made = [number for one in sent if (number := _id_of(one.exchange))]
        ids = list(dict.fromkeys(map(str, [*used, *made])))[:MOST_OBJECTS]
        for page in self.operations:
            if not _are_kin(operation, page):  # those are read once, at the end
                continue
            usual = self._surroundings.values(page)
            keys = [key for key in usual if key[0] == "path"]
            yield from self._asked(page, [{**usual, key: i} for key in keys for i in ids])

    def _asked(
        self, page: Operation, asked: Iterable[Mapping[tuple[str, str], object]]
    ) -> Iterator[tuple[Operation, Exchange]]:
        for values in asked:
            exchange = self._api.send(page, {**values, **AS_BROWSER})
            if html.is_page(exchange):
                yield page, exchange

    def _shown_points(self, operation: Operation) -> list[Parameter]:
        """The places whose harmless input came back in something that may be a page."""
        promised = _promises_a_page(operation) or operation in self.operations
        found = self._reach_map(operation).values()
        return [r.point for r in found if promised or (r.reflected and _may_be_a_page(r.media))]

    def hidden_fields(self, api: Api) -> dict[str, str]:
        """What the forms of all pages send by themselves when somebody else opens them."""
        fields: dict[str, str] = {}
        for page in self.operations:
            exchange = api.send(page, {**self._surroundings.values(page), **AS_BROWSER})
            if html.is_page(exchange):
                fields |= html.hidden_fields(exchange.body)
        return fields

    def ask(self, page: Operation, values: Mapping[tuple[str, str], object]) -> Exchange:
        """A page with some of its values chosen."""
        usual = self._surroundings.values(page)
        return self._api.send(page, {**usual, **values, **AS_BROWSER})

    @staticmethod
    def _rounds(
        points: Sequence[Parameter], make: Make
    ) -> Iterator[list[tuple[Parameter, MarkupProbe]]]:
        """All probes of the places, in rounds of one per place."""
        rounds = itertools.zip_longest(*([(p, probe) for probe in make(p)] for p in points))
        return ([one for one in probes if one] for probes in rounds)


_FIELDS = frozenset({"body", "form", "multipart"})


def _promises_a_page(operation: Operation) -> bool:
    return any(media.partition(";")[0].strip() in html.SCRIPTABLE for media in operation.produces)


def _by_browser(make: Make) -> Make:
    def of(point: Parameter) -> Iterator[MarkupProbe]:
        return (
            dataclasses.replace(probe, beside={**probe.beside, **AS_BROWSER})
            for probe in make(point)
        )

    return of


def _may_be_a_page(media: str) -> bool:
    return not media or media in html.SCRIPTABLE


def _judged(sent: Sent[MarkupProbe], page: Operation, exchange: Exchange) -> Shown:
    """Where the tokens of one probe stand in an answer."""
    seen = list(html.sightings(exchange.body, sent.probe.tokens)) if html.is_page(exchange) else []
    return Shown(
        operation=sent.operation,
        point=sent.point,
        page=page,
        exchange=sent.exchange if sent.exchange is exchange else exchange,
        reached=bool(seen),
        broken=next((s for s in seen if s.position in html.BROKEN_OUT), None),
        stopped="" if seen else ending(exchange.status, otherwise="no page showed it"),
    )


def _keep(results: dict[tuple[str, str], Shown], shown: Shown) -> None:
    """The worst that is known of a place: broken out, else shown, else stopped."""
    key = (str(shown.operation), f"{shown.point.location} {shown.point.name}")
    before = results.get(key)
    if before is None or _rank(shown) > _rank(before):
        results[key] = shown


def _rank(shown: Shown) -> int:
    return 2 if shown.broken else int(shown.reached)


def _are_kin(one: Operation, other: Operation) -> bool:
    """Whether two operations are on the same kind of objects, as far as their paths tell."""
    words = [{w for w in op.path.split("/") if w and "{" not in w} for op in (one, other)]
    return bool(words[0] & words[1])


def _id_of(exchange: Exchange) -> str:
    """The id of the object that an answer holds; empty when it holds none."""
    try:
        found = json.loads(exchange.body)
    except ValueError:
        return ""
    return str(found.get("id", "")) if isinstance(found, dict) else ""
