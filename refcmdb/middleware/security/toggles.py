"""What of the protection is on, and how strict it is."""

from __future__ import annotations

import dataclasses

from refcmdb.variables import number, switch


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Toggles:
    """The protection of one process."""

    rate_limit: int = number(
        "REFCMDB_RATE_LIMIT",
        "requests per minute of one caller, a sixth of it at once; 0 is off",
        default=6000,
        lowest=0,
        highest=100_000_000,
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
    nesting_limit: int = number(
        "REFCMDB_NESTING_LIMIT",
        "levels of arrays and objects in a JSON body",
        default=32,
        highest=500,
    )
    screening: bool = switch("REFCMDB_SCREENING", "reports input that looks like an attack")
    events: bool = switch("REFCMDB_SECURITY_EVENTS", "writes the security event log")
