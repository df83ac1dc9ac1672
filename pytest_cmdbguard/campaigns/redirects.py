"""A server that the target may ask sends it on to an address that it must not ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.outgoing import SINKS
from pytest_cmdbguard.campaigns.sinks import SinkResult
from pytest_cmdbguard.probes.payloads import TextProbe, fresh_token
from pytest_cmdbguard.witnesses.listener import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.campaigns.follow_ups import FollowUps
    from pytest_cmdbguard.campaigns.sinks import Place
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Operation, Parameter
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

    def __call__(self, operation: Operation, points: Sequence[Parameter]) -> Iterator[SinkResult]:
        """One result per place that names an address."""
        for point in points:
            led = [self._led(operation, point, status) for status in STATUSES]
            yield min(led, key=lambda one: (not one.proof, not one.reached))

    def _led(self, operation: Operation, point: Parameter, status: int) -> SinkResult:
        probe = self._probe(status)
        sent: Sent[TextProbe] = next(self._volley.each(operation, [(point, probe)]))
        list(self._follow_ups(operation, sent.exchange))
        asked, led = probe.tokens
        is_asked = bool(self._partner.hits(asked, within_s=ASKED_WITHIN_S))
        hits = self._inside.hits(led, within_s=ASKED_WITHIN_S if is_asked else 0)
        return SinkResult(
            operation=operation,
            point=point,
            reached=is_asked,
            stopped=f"the partner was not asked: HTTP {sent.exchange.status}",
            proof=f"the target asked its partner {probe.text}, was led on by HTTP {status}, and "
            f"asked 127.0.0.1:{self._inside.port}: {hits[0]}"
            if hits
            else "",
            exchange=sent.exchange,
        )

    def _probe(self, status: int) -> TextProbe:
        tokens = fresh_token(), fresh_token()
        leads_to = {"Location": self._inside.url(tokens[1])}
        self._partner.answer(tokens[0], Reply(status=status, headers=leads_to))
        return TextProbe(text=self._partner.url(tokens[0]), tokens=tokens)
