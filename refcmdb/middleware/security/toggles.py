"""What of the protection is on, and how strict it is: read from ``REFCMDB_…`` variables."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refcmdb import variables

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Toggles:
    """The protection of one process.

    Attributes:
        rate_limit: REFCMDB_RATE_LIMIT, requests per minute of one caller, a sixth of it at once;
            0 is off.
        login_failures: REFCMDB_LOGIN_FAILURES, wrong log-ins of one user before the lock.
        address_failures: REFCMDB_LOGIN_FAILURES_PER_ADDRESS, the same of one address.
        login_lock_s: REFCMDB_LOGIN_LOCK, seconds from the first wrong log-in to the end of the
            lock.
        nesting_limit: REFCMDB_NESTING_LIMIT, levels of arrays and objects in a JSON body.
        screening: REFCMDB_SCREENING (on, off), reports input that looks like an attack.
        events: REFCMDB_SECURITY_EVENTS (on, off), writes the security event log.
    """

    rate_limit: int = 6000
    login_failures: int = 10
    address_failures: int = 1000
    login_lock_s: int = 300
    nesting_limit: int = 32
    screening: bool = True
    events: bool = True

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> Toggles:
        """The toggles of the variables. Raises: VariableProblem for the first wrong one."""
        number, default = variables.numbers(environment), cls()
        return cls(
            rate_limit=number("RATE_LIMIT", default.rate_limit, 0, 100_000_000),
            login_failures=number("LOGIN_FAILURES", default.login_failures, 1, 100),
            address_failures=number(
                "LOGIN_FAILURES_PER_ADDRESS", default.address_failures, 1, 100_000_000
            ),
            login_lock_s=number("LOGIN_LOCK", default.login_lock_s, 1, 86_400),
            nesting_limit=number("NESTING_LIMIT", default.nesting_limit, 1, 500),
            screening=variables.switch(environment, "REFCMDB_SCREENING", default.screening),
            events=variables.switch(environment, "REFCMDB_SECURITY_EVENTS", default.events),
        )
