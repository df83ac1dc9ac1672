"""Ending a credential in every way there is, and seeing whether it is dead."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns import jwt
from pytest_cmdbguard.campaigns.admission import shows_data
from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.login import token_of
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.witnesses.accounts import EXPIRY, REVOKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.witnesses.accounts import AccountWitness, StoredCredential

WAYS = ("logged out", "expired", "revoked", "user deleted")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How a credential was ended, and the answer to it afterwards.

    ``answer`` is None where it could not be ended in this way, ``stopped`` says why;
    ``survived`` is true when it was still shown data.
    """

    way: str
    answer: Exchange | None = None
    survived: bool = False
    stopped: str = ""


class Executioner:
    """Ends credentials: by the target's own operation, and by its rows in the database."""

    def __init__(
        self,
        log_in: LogIn,
        admission: Admission,
        accounts: AccountWitness | None,
        operations: Sequence[Operation],
    ) -> None:
        """Without ``accounts`` only logging out is possible."""
        self.operation = log_in.operation
        self._log_in, self._admission, self._accounts = log_in, admission, accounts
        self._log_out = [op for op in operations if ends_the_session(op) and op.method != "GET"]

    def __call__(self, way: str, actor: Actor) -> Death:
        """Log in, be shown data, end the credential, ask again."""
        mark = self._accounts.mark() if self._accounts else 0
        living = self._log_in.enter(actor)
        if not shows_data(self._admission.as_actor(living)):
            return Death(way=way, stopped="its fresh credential is not accepted either")
        stored = self._accounts.came_with(mark) if self._accounts else []
        stopped = self._end(way, living, stored)
        if stopped:
            return Death(way=way, stopped=stopped)
        answer = self._admission.as_actor(living)
        return Death(way=way, answer=answer, survived=shows_data(answer))

    def _end(self, way: str, actor: Actor, stored: Sequence[StoredCredential]) -> str:
        """Why it could not be ended; empty when it was."""
        if way == "logged out":
            return "" if self.log_out(actor) else "no operation logs out"
        if self._accounts is None:
            return "the database is not known"
        if way == "user deleted":
            found = self._accounts.delete_user(actor.name)
            return "" if found else "no row with a password is the user's"
        if way == "expired" and jwt.taken_apart(token_of(actor)):
            return "a JWT carries its own end"
        wanted = (EXPIRY, "timestamp") if way == "expired" else (REVOKED, "boolean")
        expression = "now() - interval '1 hour'" if way == "expired" else "true"
        changed = False
        for credential in stored:
            if column := credential.column(*wanted):
                self._accounts.set(credential, column, expression)
                changed = True
        return "" if changed else "no row that came with it has such a column"

    def log_out(self, actor: Actor) -> bool:
        """Whether an operation took the actor's credential away, as far as it says."""
        client = Api(self._admission.api.base_url, (actor,))
        try:
            return any(
                client.as_actor(actor.name).send(operation, {}).status < 400
                for operation in self._log_out
            )
        finally:
            client.close()
