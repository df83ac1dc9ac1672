"""A server that the target may ask sends it on to an address that it must not ask."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.outgoing import SINKS
from pytest_cmdbguard.campaigns.sinks import SinkResult
from pytest_cmdbguard.probes.payloads import TextProbe, fresh_token
from pytest_cmdbguard.witnesses.listener import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_cmdbguard.campaigns.follow_ups import FollowUps
    from pytest_cmdbguard.campaigns.sinks import Place
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.witnesses.listener import Listener

STATUSES = (302, 307)  # a GET whatever it was, and the same request again
ASKED_WITHIN_S = 0.3  # deliveries may wait in a queue


def is_asked(place: Place) -> bool:
    """Whether a harmless text at a place was seen to lead to a connection."""
    return bool(SINKS & place.reached.sinks)


class Redirects:
    """Lets a partner of the target answer with redirects.

    Args:
        volley: sends to an instance that may ask the partner.
        follow_ups: ask about what was stored, there too.
        partner: where that instance may send requests.
        inside: where it may not.
    """

    def __init__(
        self, volley: Volley, follow_ups: FollowUps, *, partner: Listener, inside: Listener
    ) -> None:
        self._volley, self._follow_ups = volley, follow_ups
        self._partner, self._inside = partner, inside

    def __call__(self, places: Iterable[Place]) -> Iterator[SinkResult]:
        """One result per place that names an address; nobody is waited for until all are sent."""
        tried = [[self._try(place, status) for status in STATUSES] for place in places]
        asked = self._hits(self._partner, [one.asked for pair in tried for one in pair])
        led = self._hits(
            self._inside, [one.led for pair in tried for one in pair if asked[one.asked]]
        )
        for pair in tried:
            results = [self._result(one, asked[one.asked], led.get(one.led, [])) for one in pair]
            yield min(results, key=lambda one: (not one.proof, not one.reached))

    def _try(self, place: Place, status: int) -> _Tried:
        asked, led = fresh_token(), fresh_token()
        leads_to = {"Location": self._inside.url(led)}
        self._partner.answer(asked, Reply(status=status, headers=leads_to))
        probe = TextProbe(text=self._partner.url(asked), tokens=(asked, led))
        sent = next(self._volley.each(place.operation, [(place.point, probe)]))
        list(self._follow_ups(place.operation, sent.exchange))
        return _Tried(sent=sent, status=status, asked=asked, led=led)

    @staticmethod
    def _hits(listener: Listener, tokens: Sequence[str]) -> dict[str, list[str]]:
        """What came with each token; all together are waited for as long as for one."""
        until = time.monotonic() + ASKED_WITHIN_S
        return {token: listener.hits(token, within_s=until - time.monotonic()) for token in tokens}

    def _result(self, tried: _Tried, asked: Sequence[str], led: Sequence[str]) -> SinkResult:
        sent = tried.sent
        return SinkResult(
            operation=sent.operation,
            point=sent.point,
            reached=bool(asked),
            stopped=f"the partner was not asked: HTTP {sent.exchange.status}",
            proof=f"the target asked its partner {sent.probe.text}, was led on by HTTP "
            f"{tried.status}, and asked 127.0.0.1:{self._inside.port}: {led[0]}"
            if led
            else "",
            exchange=sent.exchange,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """A probe, the status that it is led on with, and the tokens of the two addresses."""

    sent: Sent[TextProbe]
    status: int
    asked: str
    led: str
