"""What of the protection is on, and how strict it is."""

from __future__ import annotations

import dataclasses
import re

from refcmdb.variables import number, setting, switch

# Programs that give their names while they look for holes.
SCANNERS = (
    *("acunetix", "dirbuster", "gobuster", "masscan", "nikto", "nmap", "nuclei", "sqlmap"),
    *("w3af", "wpscan", "zgrab"),
)
NOBODY = "off"
_ENDPOINT = re.compile(r"(\*|[A-Z]{3,10}) (/[!-~]*)=([0-9]{1,9})", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLimit:
    """Requests per minute of one caller to paths that begin so; ``method`` may be ``*``."""

    method: str
    path: str
    per_minute: int

    @property
    def name(self) -> bytes:
        """Tells its callers from those of other limits."""
        return f"{self.method} {self.path} ".encode()

    def concerns(self, method: str, path: str) -> bool:
        """Whether a request is one of those."""
        return self.method in {"*", method} and path.startswith(self.path)


def read_agents(text: str) -> tuple[str, ...]:
    """Parts of program names, separated by commas. Raises: ValueError for an empty one."""
    if text == NOBODY:
        return ()
    words = tuple(word.strip().lower() for word in text.split(","))
    if not all(words):
        raise ValueError(f"must be parts of names, separated by commas, or {NOBODY}, not {text!r}")
    return words


def read_endpoints(text: str) -> tuple[EndpointLimit, ...]:
    """Entries ``METHOD /path=number``, separated by commas. Raises: ValueError."""
    limits = []
    for entry in text.split(","):
        match = _ENDPOINT.fullmatch(entry.strip())
        if match is None or not int(match[3]):
            raise ValueError(
                f"must have entries like POST /api/v1/tools/=30, not {entry.strip()!r}"
            )
        limits.append(EndpointLimit(method=match[1], path=match[2], per_minute=int(match[3])))
    return tuple(limits)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Toggles:
    """The protection of one process."""

    headers: bool = switch(
        "REFCMDB_SECURITY_HEADERS",
        "adds the security headers; off where a balancer does",
    )
    https_only: bool = switch(
        "REFCMDB_HTTPS_ONLY",
        "refuses what came without TLS; behind a balancer REFCMDB_BALANCERS must name it",
        default=False,
    )
    refused_agents: tuple[str, ...] = setting(
        "REFCMDB_REFUSED_AGENTS",
        "programs that are not served: what their User-Agent has in it",
        read=read_agents,
        values=f"words, separated by commas; {NOBODY} serves all",
        shown=", ".join(SCANNERS),
        default=SCANNERS,
    )
    rate_limit: int = number(
        "REFCMDB_RATE_LIMIT",
        "requests per minute of one caller, a sixth of it at once; 0 is off",
        default=6000,
        lowest=0,
        highest=100_000_000,
    )
    endpoint_limits: tuple[EndpointLimit, ...] = setting(
        "REFCMDB_RATE_LIMIT_ENDPOINTS",
        "the same for paths that begin so, besides",
        read=read_endpoints,
        values="POST /api/v1/devices/import=30, * /api/v1/tools/=60",
        default=(),
    )
    head_timeout_s: int = number(
        "REFCMDB_HEAD_TIMEOUT",
        "seconds in which the head of a request must be there; 0 is off",
        default=15,
        lowest=0,
        highest=3600,
    )
    body_timeout_s: int = number(
        "REFCMDB_BODY_TIMEOUT",
        "seconds in which its body must be there",
        default=60,
        highest=3600,
    )
    most_connections: int = number(
        "REFCMDB_CONNECTIONS",
        "connections of clients to one instance, of which more are ended at once; 0 is off",
        default=10_000,
        lowest=0,
        highest=1_000_000,
    )
    login_failures: int = number(
        "REFCMDB_LOGIN_FAILURES",
        "wrong log-ins of one user before the lock",
        default=10,
        highest=100,
    )
    address_failures: int = number(
        "REFCMDB_LOGIN_FAILURES_PER_ADDRESS",
        "wrong log-ins of one address before the lock",
        default=1000,
        highest=100_000_000,
    )
    login_lock_s: int = number(
        "REFCMDB_LOGIN_LOCK",
        "seconds from the first wrong log-in to the end of the lock",
        default=300,
        highest=86_400,
    )
    body_limit: int = number(
        "REFCMDB_BODY_LIMIT",
        "bytes of a body that is no file",
        default=1024 * 1024,
        lowest=1024,
        highest=64 * 1024 * 1024,
    )
    nesting_limit: int = number(
        "REFCMDB_NESTING_LIMIT",
        "levels of arrays and objects in a JSON body",
        default=32,
        highest=500,
    )
    csrf: bool = switch(
        "REFCMDB_CSRF",
        "wants a token with what a session changes; off only where nobody uses a browser",
    )
    sanitising: bool = switch(
        "REFCMDB_LOG_SANITISING",
        "writes a record as one line, without secrets; off only where something else does",
    )
    screening: bool = switch("REFCMDB_SCREENING", "reports input that looks like an attack")
    events: bool = switch("REFCMDB_SECURITY_EVENTS", "writes the security event log")
