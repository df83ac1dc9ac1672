"""Set-Cookie as browsers read it (RFC 6265bis)."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.model import Exchange

# Several headers come joined by commas, which dates have, too: a cookie begins with a name and =.
_BETWEEN = re.compile(r",\s*(?=[\w!#$%&'*+.^`|~-]+=)")

_OVER = re.compile(r"-[0-9]+|0+")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """A cookie that a server sets; attribute names and the words of SameSite in lower case."""

    name: str
    value: str = dataclasses.field(repr=False)
    attributes: Mapping[str, str]

    @property
    def same_site(self) -> str:
        """``strict``, ``lax``, ``none``, or empty where the server does not say."""
        return self.attributes.get("samesite", "").lower()

    @property
    def ends(self) -> bool:
        """Whether the header takes the cookie away instead."""
        return not self.value or _OVER.fullmatch(self.attributes.get("max-age", "")) is not None


def set_cookies(answer: Exchange) -> tuple[SetCookie, ...]:
    """The cookies that an answer sets."""
    text = answer.headers.get("set-cookie", "")
    return tuple(_parsed(text)) if text else ()


def weaknesses(cookie: SetCookie, *, https: bool) -> Iterator[tuple[str, str]]:
    """Rule and what is wrong, for each rule that a session's cookie breaks.

    OWASP Session Management Cheat Sheet; ASVS 5.0 3.3.1 to 3.3.4.
    """
    given = cookie.attributes
    if "httponly" not in given:
        yield "HttpOnly", "scripts can read it: no HttpOnly"
    if https and "secure" not in given:
        yield "Secure", "it also goes over plain HTTP: no Secure"
    if cookie.same_site not in {"lax", "strict"}:
        said = f"SameSite={cookie.same_site}" if cookie.same_site else "no SameSite"
        yield "SameSite", f"other sites' requests carry it: {said}"
    if given.get("domain"):
        yield "Domain", f"every host of {given['domain']} gets it and can set it"
    yield from _prefix(cookie)


def _prefix(cookie: SetCookie) -> Iterator[tuple[str, str]]:
    """What a name promises with its prefix; browsers refuse a cookie that breaks it."""
    given, name = cookie.attributes, cookie.name.lower()
    promised = name.startswith(("__host-", "__secure-"))
    if promised and "secure" not in given:
        yield "prefix", f"browsers refuse {cookie.name} without Secure"
    elif name.startswith("__host-") and (given.get("path") != "/" or given.get("domain")):
        yield "prefix", f"browsers refuse {cookie.name} with a Domain or another Path than /"


def _parsed(text: str) -> Iterator[SetCookie]:
    for header in _BETWEEN.split(text):
        pair, *rest = header.split(";")
        name, _, value = pair.partition("=")
        parts = (part.partition("=") for part in rest)
        attributes = {key.strip().lower(): word.strip() for key, _, word in parts}
        yield SetCookie(name=name.strip(), value=value.strip(), attributes=attributes)
