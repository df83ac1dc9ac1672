"""Secrets are planted wherever a client gives one, and then looked for in the logs."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.campaigns.login import token_of
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import injection_points, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.dead_credentials import Executioner
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor, Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.sql import Statement

SECRET = re.compile(r".*(password|passwd|secret|passphrase|api_?key|private_?key|community).*")
LEAST = 8


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A secret that a client gave; ``what`` says which, without it."""

    what: str
    secret: str
    exchange: Exchange | None = None


def is_secret(point: Parameter) -> bool:
    """Whether a place takes what nobody may read again, by the document or by its name."""
    schema = point.schema
    named = point.name.rpartition("/")[2].lower()
    return bool(
        schema.get("writeOnly") or schema.get("format") == "password" or SECRET.fullmatch(named)
    )


def at_the_log_in(log_in: LogIn, steady: Actor) -> Iterator[Planted]:
    """Passwords: a wrong one, a right one, one in a request that is not valid."""
    wrong, invalid = fresh_token(), fresh_token()
    yield Planted(
        what="a wrong password",
        secret=wrong,
        exchange=log_in.attempt(fresh_token(), wrong).exchange,
    )
    yield Planted(
        what="a right password",
        secret=steady.password,
        exchange=log_in.attempt(steady.name, steady.password).exchange,
    )
    yield Planted(
        what="the password of a request that is not valid",
        secret=invalid,
        exchange=log_in.attempt("x" * 5000, invalid).exchange,
    )


def of_a_session(
    log_in: LogIn, steady: Actor, admission: Admission, executioner: Executioner
) -> Iterator[Planted]:
    """A token that is accepted, then logged out, then refused."""
    living = log_in.enter(steady)
    accepted = admission.as_actor(living)
    executioner.log_out(living)
    admission.as_actor(living)
    yield Planted(what="a bearer token", secret=token_of(living), exchange=accepted)


def in_fields(
    api: Api, surroundings: Surroundings, operations: Sequence[Operation]
) -> Iterator[Planted]:
    """Every field of a body that takes a secret."""
    for operation in operations:
        for point in injection_points(operation):
            if point.location not in {"body", "form", "multipart"} or not is_secret(point):
                continue
            secret = fresh_token()
            values: dict[tuple[str, str], Any] = place(
                surroundings.values(operation), point, secret
            )
            exchange = api.send(operation, values)
            yield Planted(what=f"{operation}, {point}", secret=secret, exchange=exchange)


def found_in(logged: bytes, planted: Planted) -> str:
    """The line that shows the secret, with the secret masked; empty when none does."""
    needle = planted.secret.encode()
    if len(needle) < LEAST:
        return ""
    line = next((line for line in logged.splitlines() if needle in line), b"")
    return line.decode("utf-8", "replace").replace(planted.secret, "•••")[:300]


def found_in_statements(statements: Sequence[Statement], planted: Planted) -> str:
    """The statement whose text shows the secret, masked; empty when none does.

    The values of parameters are not looked at: that they are in PostgreSQL's log at all is our
    own telemetry's doing.
    """
    if len(planted.secret) < LEAST:
        return ""
    text = next((s.text for s in statements if planted.secret in s.text), "")
    return text.replace(planted.secret, "•••")[:300]
