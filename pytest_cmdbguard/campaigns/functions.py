"""Function-level access: operations called by roles that may not, and by nobody at all."""

from __future__ import annotations

import dataclasses
import secrets
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.answers import object_in
from pytest_cmdbguard.probes.payloads import fresh_token

from .cast import ends_the_session
from .likeness import is_granted, shared_data
from .marking import marked, text_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.witnesses.rows import RowState

    from .estate import Estate
    from .grounds import Grounds
    from .marking import Values
    from .owned import Owned
    from .policy import Policy


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who calls: an actor, or nobody with the ``forged`` header values."""

    name: str
    actor: Actor | None = None
    forged: Values = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request, and what it did to rows (empty when nothing)."""

    who: str
    exchange: Exchange
    effect: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """The requests with an effect, of those who may not; ``stopped`` says why none was of use."""

    proven: tuple[Visit, ...] = ()
    stopped: str = ""


class Functions:
    """Calls operations as somebody who may not, on objects that would be theirs otherwise.

    The witness is the effect: a row that changed or came to be, or data that the allowed are
    shown too. After the forbidden requests comes one by an actor who may: it proves that they
    would have worked.
    """

    def __init__(self, grounds: Grounds, policy: Policy, actors: Sequence[Actor]) -> None:
        self._grounds, self._policy, self._actors = grounds, policy, tuple(actors)

    def by_denied_roles(self, operation: Operation) -> Visits:
        """As each role that the policy denies."""
        tenants = {owner.tenant for owner in self._grounds.estate.owners}
        chosen = [
            min(
                (actor for actor in self._actors if actor.role == role),
                key=lambda actor: actor.tenant not in tenants,
            )
            for role in self._policy.denied(operation)
        ]
        return self._visit(operation, [Visitor(name=actor.name, actor=actor) for actor in chosen])

    def by_nobody(self, operation: Operation) -> Visits:
        """Without a credential, and with one that nobody has issued."""
        visitors = [Visitor(name="nobody")]
        for actor in self._actors[:1]:
            headers = {("header", name): forged(value) for name, value in actor.headers.items()}
            visitors.append(Visitor(name="a forged credential", forged=headers))
        return self._visit(operation, visitors)

    def granted_roles(self, operation: Operation) -> list[str]:
        """The roles that are let in today, whatever anybody decided."""
        visitors = [Visitor(name=actor.role, actor=actor) for actor in self._actors]
        scene = self._scene(operation)
        visits = [scene.visit(visitor) for visitor in visitors]
        granted = {visit.who for visit in visits if is_granted(visit.exchange)}
        return [role for role in self._policy.roles if role in granted]

    def public_answer(self, operation: Operation) -> Exchange:
        """What nobody is answered by an operation that asks for no credential."""
        scene = self._scene(operation)
        return scene.visit(Visitor(name="nobody")).exchange

    def _visit(self, operation: Operation, visitors: Sequence[Visitor]) -> Visits:
        if not visitors:
            return Visits()
        if ends_the_session(operation):
            return Visits(stopped="it would end the session of an actor")
        scene = self._scene(operation)
        visits = [scene.visit(visitor) for visitor in visitors]
        control = scene.visit(self._allowed(operation))
        proven = [
            dataclasses.replace(visit, effect=effect)
            for visit in visits
            if (effect := visit.effect or ("" if control.effect else _shown(visit, control)))
        ]
        works = control.effect or is_granted(control.exchange)
        stopped = "" if works else f"an allowed request got HTTP {control.exchange.status}"
        return Visits(proven=tuple(proven), stopped=stopped)

    def _allowed(self, operation: Operation) -> Visitor:
        """An owner whose role may, else anybody whose role may."""
        denied = self._policy.denied(operation)
        owners = self._grounds.estate_of(operation).owners
        candidates = [actor for actor in (*owners, *self._actors) if actor.role not in denied]
        actor = candidates[0] if candidates else self._actors[0]
        return Visitor(name=actor.name, actor=actor)

    def _scene(self, operation: Operation) -> Scene:
        estate = self._grounds.estate_of(operation)
        named = not operation.reads and estate.carriers.in_path(operation)
        owned = estate.fresh(operation) if named else None
        return Scene(grounds=self._grounds, estate=estate, operation=operation, owned=owned)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An operation and the object that it is to work on, if it works on one."""

    grounds: Grounds
    estate: Estate
    operation: Operation
    owned: Owned | None

    def visit(self, visitor: Visitor) -> Visit:
        """One request and what it did."""
        token = fresh_token()
        values = self._values(visitor, token)
        if self.operation.reads:
            exchange = self.grounds.send(visitor.actor, self.operation, values)
            return Visit(who=visitor.name, exchange=exchange)
        before, moment = self._state(), self.grounds.rows.moment()
        exchange = self.grounds.send(visitor.actor, self.operation, values)
        is_still = self.grounds.rows.moment() == moment
        effect = "" if is_still else self._effect(before, token, object_in(exchange).get("id"))
        return Visit(who=visitor.name, exchange=exchange, effect=effect)

    def _values(self, visitor: Visitor, token: str) -> Values:
        owner = self.owned.owner if self.owned else self.estate.owners[-1]
        values = self.estate.wanted(self.operation, owner)
        if self.owned:
            values |= self.estate.address(self.operation, self.owned)
        elif not self.operation.reads:
            values = marked(self.operation, dict.fromkeys(self._names, token), values)
        return values | visitor.forged

    @property
    def _names(self) -> tuple[str, ...]:
        """The fields that carry the token."""
        known = self.estate.marked(self.operation)
        return known or tuple(text_fields(self.operation)[:1])

    def _state(self) -> RowState | None:
        if self.owned is None:
            return None
        return self.grounds.rows.state(self.estate.row(self.owned, self.grounds.rows))

    def _effect(self, before: RowState | None, token: str, answered: object) -> str:
        """What became of the object, or where the token is: most likely where the answer says."""
        rows = self.grounds.rows
        if self.owned and before is not None:
            after = self._state()
            row = self.estate.row(self.owned, rows)
            return "" if after == before else f"in {row}: {before.turned_into(after)}"
        # A change log may tell of it too.
        places = rows.find_row(token, answered) or rows.find_token(token)
        own = (place for place in places if place.column in self._names)
        found = next(own, None) or next(iter(places), None)
        return f"{found} holds {token}, which the request carried" if found else ""


def forged(value: str) -> str:
    """A credential of the same form that nobody issued; of a JWT the signature is another."""
    scheme, blank, token = value.rpartition(" ")
    kept, dot, last = token.rpartition(".")
    return scheme + blank + kept + dot + secrets.token_urlsafe(len(last))[: len(last)]


def _shown(visit: Visit, control: Visit) -> str:
    shared = shared_data(visit.exchange, control.exchange)
    return f"the answer shows {shared!r}, as it does to {control.who}" if shared else ""
