"""People who log in with a browser: what the log-in sets, and requests that carry it."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.cookies import SetCookie, set_cookies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cmdbguard.campaigns.cast import Cast, Conversation
    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.targets import Login

Place = tuple[str, str]
UNTOLD = "name the operation in [target.login] and each actor's password_env in cmdbguard.toml"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An actor with a session: ``actor`` has the cookies as its only credential."""

    actor: Actor
    cookies: tuple[SetCookie, ...]
    api: Api

    def with_only(self, names: Sequence[str]) -> dict[str, str]:
        """The Cookie header with some of the cookies."""
        kept = [f"{c.name}={c.value}" for c in self.cookies if c.name in names]
        return {"Cookie": "; ".join(kept)} if kept else {}


class People:
    """Logs actors in, each once."""

    def __init__(
        self,
        api: Api,
        operations: Sequence[Operation],
        surroundings: Surroundings,
        cast: Cast,
        login: Login | None,
        *,
        proxy: str | None,
    ) -> None:
        self._api, self._operations, self._surroundings = (
            api.as_actor(None),
            operations,
            surroundings,
        )
        self._cast, self._login, self._proxy = cast, login, proxy
        self._opened: list[Api] = []

    @functools.cached_property
    def operation(self) -> Operation | None:
        """What logs people in; None where nobody told, or no actor's password is known."""
        if self._login is None or not any(actor.password for actor in self._cast.actors):
            return None
        return next((op for op in self._operations if op.id == self._login.operation), None)

    def credentials(self, actor: Actor) -> dict[Place, str]:
        """What an actor writes into the log-in form, by (location, name)."""
        if self.operation is None or self._login is None:
            return {}
        location = "form" if self.operation.body is None else "body"
        slash = "/" if location == "body" else ""
        return {
            (location, slash + self._login.username): actor.name,
            (location, slash + self._login.password): actor.password,
        }

    @property
    def whoever(self) -> Actor:
        """Who sees most of the actors with a password."""
        known = [actor for actor in self._cast.actors if actor.password]
        broadest = self._cast.broadest
        return broadest if broadest in known else known[0]

    @functools.cached_property
    def first(self) -> Person:
        """The person who sees most."""
        return self._log_in(self.whoever)

    @functools.cached_property
    def other(self) -> Person | None:
        """Somebody else, None where only one actor has a password."""
        known = [actor for actor in self._cast.actors if actor.password]
        others = [a for a in known if f"{a.name}-browser" != self.first.actor.name]
        return self._log_in(others[0]) if others else None

    @functools.cached_property
    def opened(self) -> tuple[tuple[Operation, Exchange], ...]:
        """What reads something for the first person and nothing for nobody, without parameters."""
        found = []
        for operation in self._operations:
            if operation.method != "GET" or not operation.secured or "{" in operation.path:
                continue
            values = self._surroundings.values(operation)
            answer = self.first.api.send(operation, values)
            if answer.status == 200 and self._api.send(operation, values).status != 200:
                found.append((operation, answer))
        return tuple(found)

    @functools.cached_property
    def needed(self) -> tuple[SetCookie, ...]:
        """The cookies without which the session opens nothing.

        Not verified where even all of them open nothing.
        """
        if not self.opened:
            not_verified(f"the cookies that {self.operation} sets open nothing")
        operation, _ = self.opened[0]
        values: Mapping[Place, object] = self._surroundings.values(operation)
        names = [cookie.name for cookie in self.first.cookies]

        def opens(kept: list[str]) -> bool:
            told = {("header", n): v for n, v in self.first.with_only(kept).items()}
            return self._api.send(operation, {**values, **told}).status == 200

        without = {name: [n for n in names if n != name] for name in names}
        return tuple(c for c in self.first.cookies if not opens(without[c.name]))

    def absence(self, conversation: Conversation) -> str:
        """Why there is nothing to look at, as far as that is known; empty where people log in.

        Not verified where some operation sets cookies and nobody told how people log in.
        """
        if self.operation is not None:
            return ""
        looked_at = [op for op in self._operations if not ends_the_session(op)]
        for operation in looked_at:
            if any(set_cookies(answer) for answer in conversation(operation)):
                not_verified(
                    f"{operation} sets a cookie, and how people log in is not known: {UNTOLD}"
                )
        return f"no operation sets a cookie ({len(looked_at)} looked at)"

    def close(self) -> None:
        """Close the connections of everybody who logged in."""
        for api in self._opened:
            api.close()

    def _log_in(self, actor: Actor) -> Person:
        assert self.operation is not None
        values = self._surroundings.values(self.operation) | self.credentials(actor)
        answer = self._api.send(self.operation, values)
        cookies = tuple(c for c in set_cookies(answer) if not c.ends)
        if answer.status >= 400 or not cookies:
            not_verified(f"{self.operation} answered {actor.name} HTTP {answer.status}, no cookie")
        header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)
        person = dataclasses.replace(
            actor, name=f"{actor.name}-browser", headers={"Cookie": header}, password=""
        )
        api = Api(self._api.base_url, [person], proxy=self._proxy)
        self._opened.append(api)
        return Person(actor=person, cookies=cookies, api=api.as_actor(person.name))
