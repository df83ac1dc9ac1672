"""Logging in as a program does: which operation takes a name and a password, and what it gives."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.targets import Login

Place = tuple[str, str]

NAME = re.compile(r"user_?name|user|login|e_?mail|account|name", re.IGNORECASE)
PASSWORD = re.compile(r"password|passwd|pass|passphrase|pwd", re.IGNORECASE)
TOKEN = re.compile(r"token|access_?token|auth_?token|jwt|api_?key|key|id_?token", re.IGNORECASE)
LIVING = {"path=", "expires=", "max-age="}


class NobodyLeft(GuardError):
    """No expendable actor is left."""

    def __init__(self) -> None:
        super().__init__(
            "there are no (more) actors whom a check may lock; give some [actors] of "
            "cmdbguard.toml expendable = true and password_env"
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to log in; ``headers`` are the credential that it gave, empty if it gave none."""

    exchange: Exchange
    headers: Mapping[str, str]


class LogIn:
    """The log-in operation of a target."""

    def __init__(
        self, api: Api, surroundings: Surroundings, operation: Operation, places: Sequence[Place]
    ) -> None:
        """``places`` are those of the name and of the password in the request."""
        self.operation = operation
        self._api, self._surroundings = api.as_actor(None), surroundings
        self._name, self._password = places

    @classmethod
    def all_of(
        cls,
        api: Api,
        surroundings: Surroundings,
        operations: Sequence[Operation],
        told: Login | None,
    ) -> Iterator[LogIn]:
        """By the document: every POST with a name and a password; then what the target tells.

        JSON comes first: programs log in with it.
        """
        for operation in operations:
            if operation.method == "POST" and (places := _places(operation)):
                yield cls(api, surroundings, operation, places)
        for operation in operations:
            if told and operation.id == told.operation:
                places = (("form", told.username), ("form", told.password))
                yield cls(api, surroundings, operation, places)

    def values(self, username: str, password: str) -> dict[Place, Any]:
        """The values of a request that logs in."""
        values = dict(self._surroundings.values(self.operation))
        return values | {self._name: username, self._password: password}

    def attempt(
        self, username: str, password: str, *, headers: Mapping[str, str] | None = None
    ) -> Attempt:
        """Try to log in, with more headers if need be."""
        named = {("header", name): value for name, value in (headers or {}).items()}
        exchange = self._api.send(self.operation, self.values(username, password) | named)
        return Attempt(exchange=exchange, headers=credential_in(exchange))

    def enter(self, actor: Actor) -> Actor:
        """The actor with a fresh credential.

        Raises: GuardError if its password is not accepted.
        """
        attempt = self.attempt(actor.name, actor.password)
        if not attempt.headers:
            raise GuardError(
                f"{self.operation} answers HTTP {attempt.exchange.status} to the password of "
                f"{actor.name}, and gives no credential"
            )
        return dataclasses.replace(actor, headers=attempt.headers)


class Expendable:
    """Actors that are there to be locked and deleted, each handed out once."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self.names = frozenset(actor.name for actor in actors)
        self._fresh: Iterator[Actor] = iter(actors)
        self._steady: Actor | None = None

    def take(self) -> Actor:
        """One that nobody had before. Raises: NobodyLeft."""
        actor = next(self._fresh, None)
        if actor is None:
            raise NobodyLeft
        return actor

    @property
    def steady(self) -> Actor:
        """One for all who only log in with it. Raises: NobodyLeft."""
        self._steady = self._steady or self.take()
        return self._steady


def credential_in(exchange: Exchange) -> dict[str, str]:
    """The headers of whoever got this answer to a log-in: a bearer token or a cookie."""
    if exchange.status >= 400:
        return {}
    token = next(_tokens(_json(exchange.body)), "")
    if token:
        return {"Authorization": f"Bearer {token}"}
    cookie = exchange.headers.get("set-cookie", "").partition(";")[0]
    return {"Cookie": cookie} if cookie.partition("=")[2].strip('"') else {}


def token_of(actor: Actor) -> str:
    """The text of an actor's credential; empty when it has none."""
    value = actor.headers.get("Authorization", "") or actor.headers.get("Cookie", "")
    return (
        value.replace("=", " ", 1).split(" ")[-1]
        if "Cookie" in actor.headers
        else (value.partition(" ")[2] or value)
    )


def _places(operation: Operation) -> tuple[Place, Place] | None:
    names = list((operation.body or {}).get("properties", {}))
    password = next((name for name in names if PASSWORD.fullmatch(name)), None)
    username = next((name for name in names if NAME.fullmatch(name)), None)
    if operation.secured or not (password and username):
        return None
    return ("body", f"/{username}"), ("body", f"/{password}")


def _tokens(answer: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """The texts that are named like tokens, one level deep."""
    if not isinstance(answer, dict):
        return
    for name, value in answer.items():
        if isinstance(value, str) and len(value) >= 8 and TOKEN.fullmatch(name):
            yield value
    for value in answer.values():
        if isinstance(value, dict):
            yield from _tokens(value)


def _json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(body)
    except ValueError:
        return None
