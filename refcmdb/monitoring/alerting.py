"""Who is told of alerts, and when: read from ``REFCMDB_ALERT…`` variables."""

from __future__ import annotations

import dataclasses
import re
import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.monitoring import rules
from refcmdb.variables import VariableProblem, numbers, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_SECRET = 16
PORTS = {"smtp": 25, "smtps": 465}
_ADDRESS = re.compile(r"[^\s@<>,]+@[^\s@<>,]+", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server: ``smtps`` begins with TLS, ``smtp`` changes to it where it is offered."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """How people hear of alerts.

    Attributes:
        enabled: REFCMDB_ALERTS (on, off), judges the rules.
        rules: REFCMDB_ALERT_RULES changes thresholds, see :func:`refcmdb.monitoring.rules.parse`.
        repeat_s: REFCMDB_ALERT_REPEAT, seconds until somebody is told again.
        webhook: REFCMDB_ALERT_WEBHOOK, a URL; empty for none. REFCMDB_WEBHOOK_ALLOW counts.
        secret: REFCMDB_ALERT_SECRET signs what the webhook gets.
        mail: REFCMDB_ALERT_SMTP, ``smtp://[user:password@]host[:port]`` or ``smtps://…``.
        sender: REFCMDB_ALERT_FROM, whom mails come from.
        recipients: REFCMDB_ALERT_TO, addresses, separated by commas.
    """

    enabled: bool = True
    rules: tuple[rules.Rule, ...] = rules.RULES
    repeat_s: int = 14_400
    webhook: str = ""
    secret: str = dataclasses.field(default="", repr=False)
    mail: MailServer | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether anybody is told."""
        return bool(self.webhook or self.mail)

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> Alerting:
        """The settings of the variables. Raises: VariableProblem for the first wrong one."""
        mail = _mail_server(environment)
        return cls(
            enabled=switch(environment, "REFCMDB_ALERTS", cls().enabled),
            rules=rules.parse(environment),
            repeat_s=numbers(environment)("ALERT_REPEAT", cls().repeat_s, 1, 604_800),
            webhook=_webhook(environment),
            secret=_secret(environment),
            mail=mail,
            sender=_addresses(environment, "REFCMDB_ALERT_FROM", 1)[0] if mail else "",
            recipients=_addresses(environment, "REFCMDB_ALERT_TO", 20) if mail else (),
        )


def _webhook(environment: Mapping[str, str]) -> str:
    url = environment.get("REFCMDB_ALERT_WEBHOOK", "")
    if url and not re.fullmatch(r"https?://[^\s@\\]+", url):
        problem = f"must be a URL such as https://hooks.example.com/cmdb, not {url!r}"
        raise VariableProblem("REFCMDB_ALERT_WEBHOOK", problem)
    return url


def _secret(environment: Mapping[str, str]) -> str:
    text = environment.get("REFCMDB_ALERT_SECRET", "")
    if environment.get("REFCMDB_ALERT_WEBHOOK") and len(text) < SHORTEST_SECRET:
        problem = f"must have at least {SHORTEST_SECRET} characters: it signs what is delivered"
        raise VariableProblem("REFCMDB_ALERT_SECRET", problem)
    return text


def _mail_server(environment: Mapping[str, str]) -> MailServer | None:
    variable = "REFCMDB_ALERT_SMTP"
    text = environment.get(variable, "")
    if not text:
        return None
    parts = urllib.parse.urlsplit(text)
    try:
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        port = 0
    if not (port and parts.hostname and parts.path in {"", "/"} and not parts.query):
        # The URL may hold a password.
        raise VariableProblem(variable, "must look like smtp://[user:password@]host[:port]")
    return MailServer(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "smtps",
        user=urllib.parse.unquote(parts.username or ""),
        password=urllib.parse.unquote(parts.password or ""),
    )


def _addresses(environment: Mapping[str, str], variable: str, most: int) -> tuple[str, ...]:
    words = environment.get(variable, "").replace(",", " ").split()
    if not 1 <= len(words) <= most or not all(_ADDRESS.fullmatch(word) for word in words):
        some = "one mail address" if most == 1 else f"1 to {most} mail addresses"
        raise VariableProblem(variable, f"must be {some}, not {' '.join(words)!r}")
    return tuple(words)
