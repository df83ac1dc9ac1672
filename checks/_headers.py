"""What a response header must say to count, by OWASP's REST and HTTP header guidance.

Every rule takes the headers of a response (names in lower case, values of a name that was sent
twice joined by a comma) and says what is wrong, or nothing. A rule asks for the protection as
browsers apply it, not for one spelling of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

Headers = Mapping[str, str]
Policy = Mapping[str, list[str]]

A_YEAR_S = 31_536_000  # ASVS 5.0 3.4.1
SCRIPTABLE = re.compile(r"html|xml", re.IGNORECASE)  # SVG and XHTML are XML by name
SCRIPT_SOURCES = ("script-src-elem", "script-src-attr")
ANY_HOST = re.compile(r"(?:[a-z]+://)?\*(?:\.[a-z]+)?(?::[\d*]+)?(?:/.*)?")
ANY_OF_A_SCHEME = frozenset({"http:", "https:", "ws:", "wss:", "data:"})
DISCREET = frozenset(
    {
        "no-referrer",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
    }
)
FEATURE = re.compile(r"[a-z*][\w.*-]*=(\([^()]*\)|self|\*|\"[^\"]*\")(?:\s*;.*)?")
VERSION = re.compile(r"/\s?v?\d|\d+\.\d+")


def policies(headers: Headers) -> tuple[Policy, ...]:
    """The enforced Content-Security-Policies, of which a browser obeys all.

    Each is directive name to sources; the first directive of a name counts. A policy that is only
    reported on protects nobody and is none.
    """
    texts = headers.get("content-security-policy", "").split(",")
    return tuple(found for text in texts if (found := _directives(text)))


def _directives(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in text.split(";"):
        words = part.lower().split()
        if words:
            found.setdefault(words[0], words[1:])
    return found


def content_security_policy(headers: Headers) -> str:
    """Scripts come from named places, and none that is inline or evaluated may run.

    Data runs no scripts: there any policy that keeps it out of frames will do (OWASP REST
    Security Cheat Sheet: ``frame-ancestors 'none'``).
    """
    found = policies(headers)
    if not found:
        only = "content-security-policy-report-only" in headers
        return "missing" + (" (a report-only policy stops nothing)" if only else "")
    is_data = not SCRIPTABLE.search(headers.get("content-type", ""))
    if is_data and any("frame-ancestors" in policy for policy in found):
        return ""
    wrong = [_loose_scripts(policy) for policy in found]
    return "" if "" in wrong else wrong[0]


def _loose_scripts(policy: Policy) -> str:
    if "sandbox" in policy and "allow-scripts" not in policy["sandbox"]:
        return ""
    sources = policy.get("script-src", policy.get("default-src"))
    if sources is None:
        return "says nothing about scripts (no script-src, no default-src)"
    lists = [sources, *(policy[name] for name in SCRIPT_SOURCES if name in policy)]
    loose = {word for words in lists for word in _loose(words)}
    return f"lets scripts come from {', '.join(sorted(loose))}" if loose else ""


def _loose(sources: list[str]) -> Iterator[str]:
    """The words that let anybody's script run (CSP level 3, 6.7.3).

    A nonce, a hash and 'strict-dynamic' switch 'unsafe-inline' off; 'strict-dynamic' switches off
    places as well. Both are written beside it for old browsers.
    """
    is_dynamic = "'strict-dynamic'" in sources
    for word in sources:
        is_place = word in ANY_OF_A_SCHEME or ANY_HOST.fullmatch(word)
        if word == "'unsafe-eval'" or (is_place and not is_dynamic):
            yield word
        strict = any(other.startswith(("'nonce-", "'sha")) for other in sources)
        if word == "'unsafe-inline'" and not (strict or is_dynamic):
            yield word


def framing(headers: Headers) -> str:
    """Only the own origin and named ones may frame the page.

    ``frame-ancestors`` wins over X-Frame-Options, of which contradicting values deny (HTML
    standard, 7.6).
    """
    ancestors = [p["frame-ancestors"] for p in policies(headers) if "frame-ancestors" in p]
    if ancestors:
        loose = [[w for w in words if _is_anybody(w)] for words in ancestors]
        return "" if [] in loose else f"frame-ancestors {' '.join(loose[0])}"
    told = headers.get("x-frame-options", "").upper()
    options = {option.strip() for option in told.split(",")}
    return "" if options & {"DENY", "SAMEORIGIN"} else f"x-frame-options {told or 'missing'}"


def _is_anybody(word: str) -> bool:
    return word in ANY_OF_A_SCHEME or ANY_HOST.fullmatch(word) is not None


def strict_transport_security(headers: Headers) -> str:
    """Browsers keep to HTTPS for at least a year.

    Of several headers the first counts; one that names a directive twice is ignored (RFC 6797,
    6.1 and 8.1).
    """
    value = headers.get("strict-transport-security", "")
    if not value:
        return "missing"
    directives = [part.strip() for part in value.partition(",")[0].split(";")]
    ages = [d for d in directives if re.match(r"max-age\s*=", d, re.IGNORECASE)]
    age = re.fullmatch(r'[^=]*=\s*("?)(\d+)\1', ages[0]) if len(ages) == 1 else None
    if age is None:
        return f"no valid max-age in {value!r}"
    return "" if int(age[2]) >= A_YEAR_S else f"max-age of only {age[2]} s"


def content_type_options(headers: Headers) -> str:
    """No browser guesses another content type; of several values the first counts (Fetch)."""
    value = headers.get("x-content-type-options", "")
    return "" if value.partition(",")[0].strip().lower() == "nosniff" else value or "missing"


def referrer_policy(headers: Headers) -> str:
    """No path or query of a URL leaves the origin; of several known policies the last counts."""
    value = headers.get("referrer-policy", "").lower()
    talkative = {"unsafe-url", "no-referrer-when-downgrade"}
    known = [word for part in value.split(",") if (word := part.strip()) in DISCREET | talkative]
    if not known:
        return f"no known policy in {value!r}" if value.strip() else "missing"
    return f"{known[-1]} sends paths away" if known[-1] in talkative else ""


def permissions_policy(headers: Headers) -> str:
    """At least one powerful feature of the browser is restricted.

    A header that is no structured dictionary is ignored as a whole (RFC 8941, 4.2), as is one in
    the syntax of its predecessor Feature-Policy.
    """
    value = headers.get("permissions-policy", "").strip()
    if not value:
        return "missing"
    features = [FEATURE.fullmatch(part.strip()) for part in value.split(",")]
    if not all(features):
        return f"is not understood by browsers: {value!r}"
    allowed = [feature[1].strip("()").split() for feature in features if feature]
    return f"restricts nothing: {value!r}" if all("*" in words for words in allowed) else ""


def server_details(headers: Headers) -> str:
    """No product version is given away."""
    told = {
        name: headers[name]
        for name in ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version")
        if VERSION.search(headers.get(name, ""))
    }
    return ", ".join(f"{name}: {value}" for name, value in told.items())


RULES: Mapping[str, Callable[[Headers], str]] = {
    "content-security-policy": content_security_policy,
    "framing": framing,
    "strict-transport-security": strict_transport_security,
    "x-content-type-options": content_type_options,
    "referrer-policy": referrer_policy,
    "permissions-policy": permissions_policy,
    "server": server_details,
}


def missing(headers: Headers) -> dict[str, str]:
    """Rule name to what is wrong, for every rule that the headers break."""
    return {name: wrong for name, rule in RULES.items() if (wrong := rule(headers))}
