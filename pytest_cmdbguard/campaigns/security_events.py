"""Security events are provoked, and their lines awaited in the log."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.guessing import GUESSES
from pytest_cmdbguard.probes.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.dead_credentials import Executioner
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.logs import LogWitness

WITHIN_S = 2.0
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\d{2}/\w{3}/\d{4}:\d\d:\d\d")
EVENTS = ("login_failed", "login_locked", "denied_read", "denied_write", "token_refused")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Provoked:
    """What was done: who and on what the line must name, and the answer."""

    actor: str
    object: str
    exchange: Exchange


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whether the log told of an event; ``stopped`` says why it could not be provoked."""

    event: str
    provoked: Provoked | None
    line: str = ""
    stopped: str = ""


class Provocation:
    """Provokes events as somebody who should not."""

    def __init__(
        self, log_in: LogIn, admission: Admission, executioner: Executioner, api: Api
    ) -> None:
        self._log_in, self._admission = log_in, admission
        self._executioner, self._api = executioner, api

    def failed_log_in(self, victim: Actor) -> Provoked:
        """A wrong password."""
        exchange = self._log_in.attempt(victim.name, "wrong-password").exchange
        return Provoked(actor=victim.name, object=self._log_in.operation.path, exchange=exchange)

    def lock_out(self, victim: Actor) -> Provoked:
        """Wrong passwords until nobody looks at them."""
        done = [self.failed_log_in(victim) for _ in range(GUESSES)]
        return done[-1]

    def dead_token(self, actor: Actor) -> Provoked:
        """A token that was logged out."""
        living = self._log_in.enter(actor)
        self._executioner.log_out(living)
        exchange = self._admission.as_actor(living)
        return Provoked(actor=actor.name, object=self._admission.operation.path, exchange=exchange)

    def denied(
        self, method: str, operations: Sequence[Operation], owner: Actor, stranger: Actor
    ) -> Provoked | None:
        """An object of one tenant, asked for by an actor of another; None without such a one."""
        seen_by = {
            actor.name: Surroundings(self._api.as_actor(actor.name), operations)
            for actor in (owner, stranger)
        }
        for operation in operations:
            path, _, rest = operation.path.partition("/{")
            if operation.method != method or not rest.endswith("}") or "/" in rest:
                continue
            ids = {
                name: [item.get("id") for item in surroundings.items(path)]
                for name, surroundings in seen_by.items()
            }
            foreign = [i for i in ids[owner.name] if i and i not in ids[stranger.name]]
            if foreign:
                url = operation.route.replace("{" + rest, str(foreign[0]))
                return self._ask(method, url, stranger)
        return None

    def _ask(self, method: str, path: str, stranger: Actor) -> Provoked | None:
        body = None if method == "GET" else b"{}"
        exchange = self._api.as_actor(stranger.name).request(method, path, body=body)
        if exchange.status not in {401, 403, 404}:
            return None
        return Provoked(actor=stranger.name, object=path, exchange=exchange)


def observed(
    deeds: Mapping[str, Callable[[], Provoked | None]],
    patterns: Mapping[str, str],
    log: LogWitness,
) -> Iterator[Told]:
    """Do what provokes each event, and wait for its line."""
    for event, deed in deeds.items():
        if event not in patterns:
            yield Told(event=event, provoked=None, stopped="nobody told what its line looks like")
            continue
        mark = log.mark()
        provoked = deed()
        if provoked is None:
            yield Told(event=event, provoked=None, stopped="nothing to provoke it with")
            continue
        text = patterns[event].replace("{actor}", re.escape(provoked.actor))
        pattern = re.compile(text.replace("{object}", re.escape(provoked.object)))
        line = log.wait_for(pattern, mark, within_s=WITHIN_S)
        yield Told(event=event, provoked=provoked, line=line)
