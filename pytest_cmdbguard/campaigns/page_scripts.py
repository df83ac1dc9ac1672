"""What the scripts of pages do with input: fragments, queries and what is stored, in Chromium."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.markup import MarkupProbe, running_probe, running_probes
from pytest_cmdbguard.witnesses import html

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pytest_cmdbguard.campaigns.pages import Pages
    from pytest_cmdbguard.campaigns.volley import Sent
    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.witnesses.browser import Browser

FRAGMENT = Parameter(location="fragment", name="#")
# How scripts ask for a parameter of the query: URLSearchParams.get("name").
ASKED_FOR = re.compile(r"""\bget(?:All)?\(\s*["']([\w-]{1,40})["']""")
SAFE_IN_FRAGMENT = "'()<>=\"`${}/:;-"
STORED = {"quick": ("image",), "full": ("image", "address", "code", "single quoted")}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A place of input and whether a script ran from it; ``url`` is where, empty where none did.

    ``page`` is the operation whose page ran it, ``family`` how the input looked.
    """

    operation: Operation
    point: Parameter
    page: Operation
    url: str = ""
    family: str = ""


class PageScripts:
    """Opens the pages that bring scripts along, with input that would run if it became one.

    What the served page shows as markup already is the server's doing and none of theirs.
    """

    def __init__(self, pages: Pages, browser: Browser, headers: Mapping[str, str]) -> None:
        self._pages, self._browser, self._headers = pages, browser, headers
        self.visits = 0

    def from_addresses(self) -> Iterator[Ran]:
        """Per page with scripts: its fragment, and the parameters that it or they know."""
        for page, exchange in self._with_scripts():
            for point in _sources(page, html.scripts_of(exchange.body)):
                yield self._try(page, exchange, point)

    def from_storage(self, profile: str) -> Iterator[Ran]:
        """Per place of input that is stored: whether pages with scripts run it."""
        scripted = {page.id for page, _ in self._with_scripts()}
        if not scripted:
            return
        probes = running_probes(self._browser.function, families=STORED[profile])
        origins: dict[str, Sent[MarkupProbe]] = {}
        for written in self._pages.written(probes):
            origins |= {one.probe.tokens[0]: one for one in written.sent}
            yield from self._opened(written.pages, scripted, origins)
        yield from self._opened(self._pages.read(()), scripted, origins)

    def _opened(
        self,
        pages: Iterable[tuple[Operation, Exchange]],
        scripted: Collection[str],
        origins: Mapping[str, Sent[MarkupProbe]],
    ) -> Iterator[Ran]:
        for page, exchange in pages:
            if page.id in scripted:
                ran = self._ran(exchange, exchange.url) & origins.keys()
                yield from (_from(origins[token], page, exchange.url) for token in ran)

    def _with_scripts(self) -> list[tuple[Operation, Exchange]]:
        found = {page.id: (page, seen) for page, seen in self._pages.read(())}
        return [one for one in found.values() if html.has_scripts(one[1].body)]

    def _try(self, page: Operation, exchange: Exchange, point: Parameter) -> Ran:
        for probe in running_probes(self._browser.function)(point):
            url = _address(exchange.url, point, probe.text)
            served = exchange
            if point.location == "query":
                served = self._pages.ask(page, {("query", point.name): probe.text})
            if probe.tokens[0] in self._ran(served, url):
                return Ran(operation=page, point=point, page=page, url=url, family=probe.family)
        return Ran(operation=page, point=point, page=page)

    def _ran(self, served: Exchange, url: str) -> set[str]:
        """The tokens that scripts ran with, of those that the served page did not run itself."""
        self.visits += 1
        path = url.removeprefix(self._browser.base_url)
        ran = self._browser.visit(path, headers=self._headers)
        tokens = {token for said in ran for token in re.findall(r"zq[0-9a-z]{10}", said)}
        return {token for token in tokens if not self._is_served(served, token)}

    def _is_served(self, served: Exchange, token: str) -> bool:
        call = running_probe("code", function=self._browser.function, token=token).text
        return any(
            seen.position in html.BROKEN_OUT
            or (seen.position == "handler" and seen.text.strip() == call)
            for seen in html.sightings(served.body, [token])
        )


def _sources(page: Operation, scripts: str) -> Iterator[Parameter]:
    """Where the address of a page can hold input that its scripts may read."""
    yield FRAGMENT
    declared = {p.name: p for p in page.parameters if p.location == "query"}
    asked = (Parameter(location="query", name=name) for name in ASKED_FOR.findall(scripts))
    yield from {p.name: p for p in [*asked, *declared.values()]}.values()


def _address(url: str, point: Parameter, text: str) -> str:
    bare = url.partition("#")[0]
    if point.location == "fragment":
        return f"{bare}#{quote(text, safe=SAFE_IN_FRAGMENT)}"
    kept = [
        p for p in bare.partition("?")[2].split("&") if p and not p.startswith(f"{point.name}=")
    ]
    query = "&".join([*kept, f"{point.name}={quote(text, safe='')}"])
    return f"{bare.partition('?')[0]}?{query}"


def _from(sent: Sent[MarkupProbe], page: Operation, url: str) -> Ran:
    return Ran(
        operation=sent.operation, point=sent.point, page=page, url=url, family=sent.probe.family
    )
