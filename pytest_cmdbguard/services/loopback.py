"""The rule that nothing beyond this machine is ever attacked, seeded or dropped."""

from __future__ import annotations

import contextlib
import ipaddress
from urllib.parse import parse_qs, urlsplit

from pytest_cmdbguard.errors import SettingsError


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine's own, without asking any resolver."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host or "").is_loopback
    return False


def require_loopback(url: str, *, key: str, source: str = "cmdbguard.toml") -> None:
    """Return if the URL leads to this machine: to a loopback address or a Unix socket.

    Raises: SettingsError naming the key.
    """
    parts = urlsplit(url)
    hosts = [parts.hostname] if parts.hostname else parse_qs(parts.query).get("host", [])
    on_socket = parts.scheme == "unix" or (bool(hosts) and str(hosts[0]).startswith("/"))
    if not on_socket and not all(map(is_loopback, hosts or [""])):
        remedy = "only this machine is tested: use 127.0.0.1, localhost, [::1] or a Unix socket"
        raise SettingsError(key, url, source=source, remedy=remedy)
