"""Who acts: the actors of the target by what they are good for in a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Actor, Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings


class NoSuchActor(GuardError):
    """The target has no actor that a check needs."""

    def __init__(self, need: str) -> None:
        super().__init__(f"{need}; add such actors to [actors] in cmdbguard.toml")


class Cast:
    """The actors of a target."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self.actors = tuple(actors)

    @property
    def broadest(self) -> Actor | None:
        """Who sees most: an actor without tenant, else the first; None means anonymous."""
        free = [actor for actor in self.actors if actor.tenant is None]
        return next(iter([*free, *self.actors]), None)

    @property
    def others(self) -> tuple[Actor, ...]:
        """All but the broadest."""
        return tuple(actor for actor in self.actors if actor is not self.broadest)

    @property
    def tenants(self) -> tuple[str, ...]:
        """In the order of the actors."""
        return tuple(dict.fromkeys(actor.tenant for actor in self.actors if actor.tenant))

    def of(self, tenant: str) -> tuple[Actor, ...]:
        """The actors of one tenant."""
        return tuple(actor for actor in self.actors if actor.tenant == tenant)

    def rivals(self) -> tuple[tuple[Actor, ...], tuple[Actor, ...]]:
        """The actors of two tenants: whose objects are at stake, and who must not get at them.

        Raises: NoSuchActor.
        """
        if len(self.tenants) < 2:
            raise NoSuchActor("access control needs actors of two tenants")
        victim, stranger, *_ = self.tenants
        return self.of(victim), self.of(stranger)


def ends_the_session(operation: Operation) -> bool:
    """Whether an operation takes the caller's credential away, and with it all later checks."""
    last = operation.path.rstrip("/").rpartition("/")[2].lower().replace("-", "")
    return last in {"logout", "signout", "revoke"}


class Conversation:
    """Asks an operation in the ways that bring out its different answers."""

    def __init__(self, api: Api, surroundings: Surroundings, actor: Actor | None) -> None:
        self._stranger = api.as_actor(None)
        self._actor = api.as_actor(actor.name if actor else None)
        self._surroundings = surroundings

    def __call__(self, operation: Operation) -> Iterator[Exchange]:
        """The answers to a stranger, to an actor who asks well, and to one who asks badly."""
        values = self._surroundings.values(operation)
        yield self._stranger.send(operation, values)
        if ends_the_session(operation):
            return
        yield self._actor.send(operation, values)
        yield self._actor.request(operation.method, f"{operation.path.rstrip('/')}/no-such-thing")
        yield self._actor.request(operation.method, operation.route, body=b"{")
