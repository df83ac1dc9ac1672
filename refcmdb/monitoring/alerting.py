"""Who is told of alerts, and when."""

from __future__ import annotations

import dataclasses
import functools
import re
import urllib.parse

from refcmdb.monitoring import rules
from refcmdb.variables import SHORTEST_SECRET, SettingsError, number, setting, switch

PORTS = {"smtp": 25, "smtps": 465}
MOST_RECIPIENTS = 20
_ADDRESS = re.compile(r"[^\s@<>,]+@[^\s@<>,]+", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """An SMTP server: ``smtps`` begins with TLS, ``smtp`` changes to it where it is offered."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = dataclasses.field(default="", repr=False)


def read_webhook(text: str) -> str:
    """A URL. Raises: ValueError."""
    if not re.fullmatch(r"https?://[^\s@\\]+", text):
        raise ValueError(f"must be a URL such as https://hooks.example.com/cmdb, not {text!r}")
    return text


def read_mail_server(text: str) -> MailServer:
    """The server of a URL. Raises: ValueError, without the URL: it may hold a password."""
    try:
        parts = urllib.parse.urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        port = 0
    if not (port and parts.hostname and parts.path in {"", "/"} and not parts.query):
        raise ValueError("must look like smtp://[user:password@]host[:port]")
    return MailServer(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "smtps",
        user=urllib.parse.unquote(parts.username or ""),
        password=urllib.parse.unquote(parts.password or ""),
    )


def read_addresses(text: str, *, most: int) -> tuple[str, ...]:
    """Addresses, separated by commas. Raises: ValueError."""
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= most or not all(_ADDRESS.fullmatch(word) for word in words):
        some = "one mail address" if most == 1 else f"1 to {most} mail addresses"
        raise ValueError(f"must be {some}, not {text!r}")
    return tuple(words)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """How people hear of alerts. Raises: SettingsError for what lacks something that it needs."""

    enabled: bool = switch("REFCMDB_ALERTS", "judges the rules")
    rules: tuple[rules.Rule, ...] = setting(
        "REFCMDB_ALERT_RULES",
        "other thresholds; the number behind a colon is for how many seconds",
        read=rules.changed,
        values="disk=0.8,cache=0.5:60",
        default=rules.RULES,
    )
    repeat_s: int = number(
        "REFCMDB_ALERT_REPEAT",
        "seconds until somebody is told again of an alert that nobody acknowledged",
        default=14_400,
        highest=604_800,
    )
    webhook: str = setting(
        "REFCMDB_ALERT_WEBHOOK",
        "where alerts go; REFCMDB_WEBHOOK_ALLOW must allow the address",
        read=read_webhook,
        values="a URL",
        default="",
    )
    secret: str = setting(
        "REFCMDB_ALERT_SECRET",
        "signs what the webhook gets, which needs it",
        read=str,
        values=f"at least {SHORTEST_SECRET} characters",
        secret=True,
        default="",
    )
    mail: MailServer | None = setting(
        "REFCMDB_ALERT_SMTP",
        "sends mails: with STARTTLS where it is offered, else without a password",
        read=read_mail_server,
        values="smtp://[user:password@]host[:port] or smtps://…",
        secret=True,
        default=None,
    )
    sender: str = setting(
        "REFCMDB_ALERT_FROM",
        "whom mails come from",
        read=lambda text: read_addresses(text, most=1)[0],
        values="one mail address",
        default="",
    )
    recipients: tuple[str, ...] = setting(
        "REFCMDB_ALERT_TO",
        "whom mails go to",
        read=functools.partial(read_addresses, most=MOST_RECIPIENTS),
        values=f"1 to {MOST_RECIPIENTS} mail addresses, separated by commas",
        default=(),
    )

    def __post_init__(self) -> None:
        if self.webhook and len(self.secret) < SHORTEST_SECRET:
            problem = (
                f"must have at least {SHORTEST_SECRET} characters: it signs what is delivered"
            )
            raise SettingsError("REFCMDB_ALERT_SECRET", problem)
        if self.mail and not self.sender:
            raise SettingsError("REFCMDB_ALERT_FROM", "is not set; give one mail address")
        if self.mail and not self.recipients:
            raise SettingsError("REFCMDB_ALERT_TO", "is not set; give mail addresses")

    @property
    def tells(self) -> bool:
        """Whether anybody is told."""
        return bool(self.webhook or self.mail)
