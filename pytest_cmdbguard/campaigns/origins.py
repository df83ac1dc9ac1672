"""Which pages of other origins a target lets read its answers (Fetch standard, CORS)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_cmdbguard.campaigns.people import People
    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.cookies import SetCookie
    from pytest_cmdbguard.probes.surroundings import Surroundings

FOREIGN = "https://forged.example"
# The kinds of origins in whose name changes are asked for.
BETWEEN_ORIGINS = frozenset({"any", "begins like ours", "another port"})
SAFELISTED = frozenset({"GET", "HEAD", "POST"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """An answer that a browser would let a page of ``origin`` read, None where it would not."""

    operation: Operation
    origin: str
    exchange: Exchange | None


def foreign_origins(base_url: str) -> dict[str, str]:
    """Origins that are not the target's, by the mistake that would let them in."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return {
        "any": FOREIGN,
        "null": "null",
        "begins like ours": f"{parts.scheme}://{host}.forged.example",
        "ends like ours": f"{parts.scheme}://forged{host}{port}",
        "another port": f"{parts.scheme}://{host}:{other_port(base_url)}",
    }


def forging_origins(base_url: str) -> list[str]:
    """Those of the foreign origins that pages send forged requests from."""
    found = foreign_origins(base_url)
    return [origin for kind, origin in found.items() if kind in BETWEEN_ORIGINS]


def other_port(base_url: str) -> int:
    """A port of the same host where another page may lie; no server needs to be there."""
    return 45_871 if urlsplit(base_url).port != 45_871 else 45_872


class Origins:
    """Asks what only a logged-in person may read, as pages of other origins would."""

    def __init__(self, people: People, surroundings: Surroundings) -> None:
        self._people, self._surroundings = people, surroundings

    def readable(self) -> Iterator[Readable]:
        """One result per operation: the first foreign origin that may read it."""
        api = self._people.first.api
        for operation, own in self._people.opened:
            values = self._surroundings.values(operation)
            found = Readable(operation=operation, origin="", exchange=None)
            for origin in foreign_origins(api.base_url).values():
                answer = api.send(operation, {**values, ("header", "Origin"): origin})
                if lets_read(answer, origin) and answer.status == own.status:
                    found = Readable(operation=operation, origin=origin, exchange=answer)
                    break
            yield found


def lets_read(answer: Exchange, origin: str) -> bool:
    """Whether a browser shows an answer to a credentialed request to a page of an origin.

    ``*`` does not do with credentials, and the other header says ``true`` in lower case.
    """
    return (
        answer.headers.get("access-control-allow-origin", "").strip() == origin
        and answer.headers.get("access-control-allow-credentials", "").strip() == "true"
    )


def permits(answer: Exchange, origin: str, *, method: str, headers: Iterable[str]) -> bool:
    """Whether an answer to a preflight lets a page send a request with the person's cookies.

    Fetch standard, "CORS-preflight fetch": with credentials ``*`` is a name like any other.
    """
    allowed = answer.headers.get("access-control-allow-methods", "").split(",")
    named = answer.headers.get("access-control-allow-headers", "").lower().split(",")
    return (
        200 <= answer.status < 300
        and lets_read(answer, origin)
        and method in SAFELISTED | {word.strip() for word in allowed}
        and {name.lower() for name in headers} <= {word.strip() for word in named}
    )


def headers_of(origin: str) -> dict[str, str]:
    """What a browser says of the page that a request comes from."""
    return {"Origin": origin, "Referer": f"{origin}/", "Sec-Fetch-Site": _relation(origin)}


def carried(cookies: Iterable[SetCookie], origin: str, *, by_link: bool = False) -> bool:
    """Whether browsers send cookies along with what a page asks for (RFC 6265bis, 5.2)."""
    if origin != FOREIGN and _relation(origin) == "same-site":
        return True
    needed = [cookie.same_site for cookie in cookies]
    return all(rule == "none" for rule in needed) or (by_link and "strict" not in needed)


def _relation(origin: str) -> str:
    """What a browser says in Sec-Fetch-Site; the port is no part of a site."""
    return "same-site" if urlsplit(origin).port else "cross-site"
