"""Reading ``[target.protection]`` of ``cmdbguard.toml``: what is known of a target's defences.

::

    [target.protection]
    requests = 2000      # no actor gets more answers than this
    within_s = 10        # in so many seconds; then HTTP 429
    environment = { RATE_LIMIT = "6000" }  # of an instance with these limits in force
    partner = "127.0.0.2"  # where an instance may send requests to (webhooks, downloads)
    partner_environment = { EGRESS = "127.0.0.2/32" }  # of that instance

    [target.protection.events]  # what a line of its log says; regular expressions
    login_failed = 'login failed for {actor}'
    login_locked = 'locked: {actor}'
    denied_read = 'denied .*GET {object}'
    denied_write = 'denied .*(PATCH|PUT|DELETE) {object}'
    token_refused = 'token refused'

``{actor}`` and ``{object}`` stand for the user's name and the path of the request.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from . import Protection
from .table_reader import wrong

EVENTS = ("login_failed", "login_locked", "denied_read", "denied_write", "token_refused")
KEYS = ("requests", "within_s", "environment", "events", "partner", "partner_environment")


def protection(entry: object) -> Protection:
    """What a table tells. Raises: SettingsError naming the key."""
    if entry is None:
        return Protection()
    key = "target.protection"
    if not isinstance(entry, Mapping):
        raise wrong(key, entry, f"write a table with some of {', '.join(KEYS)}")
    for unknown in set(entry) - set(KEYS):
        raise wrong(f"{key}.{unknown}", entry[unknown], f"known keys are: {', '.join(KEYS)}")
    return Protection(
        requests=_number(entry, "requests"),
        within_s=_number(entry, "within_s") or Protection().within_s,
        environment=_texts(entry, "environment"),
        events=_events(_texts(entry, "events")),
        partner=_partner(entry.get("partner", "")),
        partner_environment=_texts(entry, "partner_environment"),
    )


def _number(entry: Mapping[str, Any], name: str) -> int:
    value = entry.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise wrong(f"target.protection.{name}", value, "write a whole number")
    return value


def _partner(value: object) -> str:
    if value == "":
        return ""
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        address = None
    if address is None or not address.is_loopback or str(address) == "127.0.0.1":
        remedy = "write another address of the loopback interface than 127.0.0.1: 127.0.0.2"
        raise wrong("target.protection.partner", value, remedy)
    return str(address)


def _texts(entry: Mapping[str, Any], name: str) -> dict[str, str]:
    table = entry.get(name, {})
    if not isinstance(table, Mapping) or not all(isinstance(v, str) for v in table.values()):
        raise wrong(f"target.protection.{name}", table, "write a table of texts")
    return dict(table)


def _events(table: dict[str, str]) -> dict[str, str]:
    for name, pattern in table.items():
        key = f"target.protection.events.{name}"
        if name not in EVENTS:
            raise wrong(key, pattern, f"known events are: {', '.join(EVENTS)}")
        try:
            re.compile(pattern.replace("{actor}", "x").replace("{object}", "x"))
        except re.error as error:
            raise wrong(key, pattern, f"it is no regular expression: {error}") from None
    return table
