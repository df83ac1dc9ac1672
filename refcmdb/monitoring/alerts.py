"""AlertSystem: judges the rules at every interval, and tells people what begins and ends."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Literal

import msgspec

from refcmdb.services.delivery import Parcel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from refcmdb.monitoring.alerting import Alerting
    from refcmdb.monitoring.claims import Claims
    from refcmdb.monitoring.mail import Mailer
    from refcmdb.monitoring.marks import Marks
    from refcmdb.monitoring.readings import Readings
    from refcmdb.monitoring.rules import Rule
    from refcmdb.services.delivery import Courier

log = logging.getLogger(__name__)

State = Literal["quiet", "pending", "firing", "resolved"]
LEVELS: Mapping[State, int] = {"quiet": 0, "resolved": 0, "pending": 1, "firing": 2}


@dataclasses.dataclass(slots=True)
class Alert:
    """A rule and how it stands here.

    ``since`` is when the state began; ``told_s`` when somebody was told last that it fires, None
    where nobody was.
    """

    rule: Rule
    state: State = "quiet"
    value: float | None = None
    since: dt.datetime | None = None
    began_s: float = 0.0
    told_s: float | None = None

    def step(self, value: float | None, now_s: float) -> None:
        """Take a new value, at ``now_s`` of a clock that never goes back."""
        self.value = value
        above = value is not None and value > self.rule.threshold
        if self.state == "firing":
            if value is None or value <= self.rule.clear_below:
                self._become("resolved", now_s)
            return
        if not above:
            if self.state == "pending":
                self._become("quiet", now_s)
            return
        if self.state != "pending":
            self._become("pending", now_s)
        if now_s - self.began_s >= self.rule.for_s:
            self._become("firing", now_s)

    def _become(self, state: State, now_s: float) -> None:
        self.state, self.began_s, self.since = state, now_s, dt.datetime.now(dt.UTC)


class AlertSystem:
    """The alerts of one instance.

    Args:
        settings: the rules, and who is told.
        claims: which instance tells.
        marks: what people silenced or acknowledged.
        courier: delivers to the webhook.
        mailer: sends mails.
    """

    def __init__(
        self,
        settings: Alerting,
        *,
        claims: Claims,
        marks: Marks,
        courier: Courier,
        mailer: Mailer,
    ) -> None:
        self.instance = f"{socket.gethostname()}-{os.getpid()}"
        self.marks = marks
        self._settings, self._claims = settings, claims
        self._courier, self._mailer = courier, mailer
        self.alerts = {rule.name: Alert(rule) for rule in settings.rules}

    def states(self) -> dict[str, int]:
        """The alerts by name: 0 is quiet, 1 pending, 2 firing."""
        return {name: LEVELS[alert.state] for name, alert in self.alerts.items()}

    async def judge(self, readings: Readings) -> None:
        """Take new readings, and tell what there is to tell."""
        if not self._settings.enabled:
            return
        now_s = time.monotonic()
        for alert in self.alerts.values():
            before = alert.state
            alert.step(alert.rule.value(readings), now_s)
            if alert.state != before and alert.state in {"firing", "resolved"}:
                log.warning("alert %s: %s, %s", alert.rule.name, alert.state, _shown(alert))
        if self._settings.tells:
            await self._tell(now_s)

    @contextlib.asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Mails go out inside the block; at its end others may speak."""
        self._mailer.open()
        try:
            yield
        finally:
            await self._mailer.close()
            await self._claims.close()

    async def _tell(self, now_s: float) -> None:
        if any(alert.state == "firing" for alert in self.alerts.values()):
            await self.marks.refresh()
        for alert in self.alerts.values():
            if alert.state == "firing":
                await self._tell_of_fire(alert, now_s)
            elif alert.told_s is not None:
                alert.told_s = None
                self._announce(alert)
                await self._claims.give_back(alert.rule.number)

    async def _tell_of_fire(self, alert: Alert, now_s: float) -> None:
        mark = self.marks.of(alert.rule.number)
        due = alert.told_s is None or now_s - alert.told_s >= self._settings.repeat_s
        if mark.silent or not await self._claims.take(alert.rule.number) or not due:
            return
        alert.told_s = now_s
        if not mark.acknowledges(alert.since):
            self._announce(alert)

    def _announce(self, alert: Alert) -> None:
        """To everybody who is to be told: it fires, or it is over."""
        event = f"alert.{alert.state}"
        body = msgspec.json.encode(
            {"event": event, "instance": self.instance, "alert": document(alert)}
        )
        if self._settings.webhook:
            parcel = Parcel(
                webhook_id=0,
                url=self._settings.webhook,
                secret=self._settings.secret,
                event=event,
                body=body,
            )
            self._courier.announce([parcel])
        title = alert.rule.title
        text = f"{title}: {_shown(alert)}.\n{alert.rule.remedy}\n\nInstance {self.instance}\n"
        self._mailer.announce(f"[refcmdb] {alert.state}: {title}", text)


def document(alert: Alert) -> dict[str, object]:
    """What a webhook is told of an alert."""
    rule = alert.rule
    return {
        "name": rule.name,
        "title": rule.title,
        "severity": rule.severity,
        "state": alert.state,
        "since": alert.since,
        "value": alert.value,
        "threshold": rule.threshold,
        "remedy": rule.remedy,
    }


def _shown(alert: Alert) -> str:
    value = "unknown" if alert.value is None else f"{alert.value:.4g}"
    return f"{alert.rule.reading} is {value}, threshold {alert.rule.threshold:g}"
