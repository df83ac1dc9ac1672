"""What a response header must say to count, by OWASP's REST and HTTP header guidance.

Every rule takes the headers of a response (names in lower case) and says what is wrong, or
nothing. A rule asks for the protection, not for one spelling of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Headers = Mapping[str, str]
HALF_A_YEAR_S = 15_552_000


def directives(policy: str) -> dict[str, list[str]]:
    """A Content-Security-Policy as directive name to sources; the first of a name counts."""
    found: dict[str, list[str]] = {}
    for part in policy.split(";"):
        words = part.lower().split()
        if words:
            found.setdefault(words[0], words[1:])
    return found


def content_security_policy(headers: Headers) -> str:
    """Script sources are restricted and no inline or evaluated script may run."""
    policy = directives(headers.get("content-security-policy", ""))
    if not policy:
        return "missing"
    scripts = policy.get("script-src", policy.get("default-src"))
    if scripts is None:
        return "says nothing about scripts (no script-src, no default-src)"
    strict = any(word.startswith(("'nonce-", "'sha")) for word in scripts)
    loose = {"*", "http:", "https:", "data:", "'unsafe-eval'"} & set(scripts)
    if "'unsafe-inline'" in scripts and not strict:
        loose.add("'unsafe-inline'")
    return f"lets scripts come from {', '.join(sorted(loose))}" if loose else ""


def framing(headers: Headers) -> str:
    """Only the own origin may frame the page (frame-ancestors wins over X-Frame-Options)."""
    policy = directives(headers.get("content-security-policy", ""))
    ancestors = policy.get("frame-ancestors")
    if ancestors is not None:
        return "" if set(ancestors) <= {"'none'", "'self'"} else f"frame-ancestors {ancestors}"
    option = headers.get("x-frame-options", "").strip().upper()
    return "" if option in {"DENY", "SAMEORIGIN"} else f"x-frame-options {option or 'missing'}"


def strict_transport_security(headers: Headers) -> str:
    """Browsers keep to HTTPS for at least half a year."""
    value = headers.get("strict-transport-security", "")
    age = re.search(r'max-age\s*=\s*"?(\d+)', value, re.IGNORECASE)
    if not age:
        return "missing" if not value else f"no max-age in {value!r}"
    return "" if int(age[1]) >= HALF_A_YEAR_S else f"max-age of only {age[1]} s"


def content_type_options(headers: Headers) -> str:
    """No browser guesses another content type."""
    value = headers.get("x-content-type-options", "").strip().lower()
    return "" if value == "nosniff" else value or "missing"


def referrer_policy(headers: Headers) -> str:
    """Full URLs do not leave the origin; of several policies the last one counts."""
    value = headers.get("referrer-policy", "").strip().lower()
    last = value.rpartition(",")[2].strip()
    leaks = {"unsafe-url", "no-referrer-when-downgrade", "origin-when-cross-origin"}
    return (f"{last} sends paths away" if last in leaks else "") if last else "missing"


def permissions_policy(headers: Headers) -> str:
    """Something is said about the powerful features of the browser."""
    return "" if headers.get("permissions-policy", "").strip() else "missing"


def server_details(headers: Headers) -> str:
    """No product version is given away."""
    told = {
        name: headers[name]
        for name in ("server", "x-powered-by", "x-aspnet-version")
        if re.search(r"\d+\.\d+", headers.get(name, ""))
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
