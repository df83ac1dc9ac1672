"""Secrets handed to the target to keep, and the search for them in all that it wrote meanwhile."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.model import Parameter
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.schemas import branches, members_of, types_of
from pytest_cmdbguard.witnesses.search import NAMES

from .likeness import is_granted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from pytest_cmdbguard.model import Exchange, Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.bytes import ByteWitness
    from pytest_cmdbguard.witnesses.search import Hit

    from .estate import Estate
    from .marking import Values
    from .owned import Owned

# Names of fields that hold a secret; a public key is none, and a token of a page is none.
SECRET = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|secret|community|psk|token|api_?key|private_?key)$"
    r"|[a-z](?:Password|Passphrase|Secret|Token|ApiKey|PrivateKey)$",
    re.IGNORECASE,
)
# No needle is shorter: it would be found by chance.
SHORTEST = 12
LONGEST = 24


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Buried:
    """Secrets that one request handed over.

    ``secrets`` are by field; ``controls`` are texts of the same request that are no secrets and
    must be found, or the search proves nothing. ``stopped`` says where the request ended.
    """

    operation: Operation
    secrets: Mapping[str, str]
    controls: tuple[str, ...]
    exchange: Exchange | None
    stopped: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Grave:
    """What became of one secret; ``searched`` is false where the search proves nothing."""

    operation: Operation
    point: Parameter
    exchange: Exchange | None
    hits: tuple[Hit, ...] = ()
    searched: bool = True
    stopped: str = ""


class Burial:
    """Hands secrets over through every operation that takes one, and looks for them.

    What was created is read once in every way there is: reading may put a secret into a cache.
    """

    def __init__(
        self, api: Api, operations: Sequence[Operation], estate: Estate, search: ByteWitness
    ) -> None:
        self._api, self._estate, self._search = api, estate, search
        self._operations = tuple(operations)
        self.takers = tuple(op for op in operations if self._takes(op))
        self.searched = tuple(NAMES[medium] for medium in search.media)

    def __call__(self) -> tuple[Grave, ...]:
        """What became of each secret that a field took."""
        moment = self._search.mark()
        buried = [self._bury(operation) for operation in self.takers]
        secrets = [secret for one in buried for secret in one.secrets.values()]
        controls = [control for one in buried for control in one.controls]
        hits = self._search.since(moment, secrets, controls=controls)
        return tuple(grave for one in buried for grave in _graves(one, hits))

    def _takes(self, operation: Operation) -> bool:
        changes = operation.method in {"POST", "PUT", "PATCH"} and operation.secured
        known = operation in self._estate.creators or self._estate.carriers.in_path(operation)
        return changes and bool(known) and bool(secret_fields(operation))

    def _bury(self, operation: Operation) -> Buried:
        secrets = {name: _secret(schema) for name, schema in secret_fields(operation).items()}
        more: Values = {("body", f"/{name}"): secret for name, secret in secrets.items()}
        creates = operation in self._estate.creators
        put = self._create if creates else self._change
        owned, exchange, controls = put(operation, more)
        if owned is None or exchange is None or not is_granted(exchange):
            ended = "nothing to change"
            if exchange:
                ended = ending(exchange.status, otherwise="validation")
            return Buried(
                operation=operation, secrets=secrets, controls=(), exchange=None, stopped=ended
            )
        self._read(owned)
        return Buried(operation=operation, secrets=secrets, controls=controls, exchange=exchange)

    def _create(
        self, operation: Operation, more: Values
    ) -> tuple[Owned | None, Exchange | None, tuple[str, ...]]:
        owned, exchange = self._estate.attempt(operation, more)
        return owned, exchange, owned.tokens if owned else ()

    def _change(
        self, operation: Operation, more: Values
    ) -> tuple[Owned | None, Exchange | None, tuple[str, ...]]:
        owned = self._estate.fresh(operation)
        if owned is None:
            return None, None, ()
        token, marking = self._estate.change(operation, owned) or ("", {})
        values = self._estate.values(operation, owned) | marking | more
        exchange = self._api.as_actor(owned.owner.name).send(operation, values)
        return owned, exchange, (token,) if token else ()

    def _read(self, owned: Owned) -> None:
        """Ask for the object and for what lies below it."""
        client = self._api.as_actor(owned.owner.name)
        for operation in self._operations:
            below = operation.path == owned.item_path or operation.path.startswith(
                f"{owned.item_path}/"
            )
            if operation.method == "GET" and below and operation.path.count("{") == 1:
                client.send(operation, self._estate.values(operation, owned))


def secret_fields(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """The body's fields that hold a secret, by name or as the document says, with their schema."""
    found = {}
    for name, (schema, _) in members_of(operation.body or {}).items():
        texts = [part for part in branches(schema) if "string" in types_of(part)]
        if texts and (SECRET.search(name) or any(map(_is_described, texts))):
            found[name] = texts[0]
    return found


def _is_described(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("writeOnly")) or schema.get("format") == "password"


def _secret(schema: Mapping[str, Any]) -> str:
    """A fresh secret that the field has room for."""
    length = max(min(LONGEST, schema.get("maxLength", LONGEST)), schema.get("minLength", 0))
    text = fresh_token()
    while len(text) < length:
        text += fresh_token()
    return text[:length]


def _graves(buried: Buried, hits: Sequence[Hit]) -> Iterator[Grave]:
    controls = set(buried.controls)
    proven = any(hit.token in controls and hit.medium == "heap" for hit in hits)
    for name, secret in buried.secrets.items():
        point = Parameter(location="body", name=f"/{name}")
        found = tuple(hit for hit in hits if hit.token == secret)
        stopped = buried.stopped
        if not stopped and len(secret) < SHORTEST:
            stopped = f"the field takes {len(secret)} characters: too few to search for"
        elif not stopped and not (proven or found):
            stopped = "the control text was not found on disk either"
        yield Grave(
            operation=buried.operation,
            point=point,
            exchange=buried.exchange,
            hits=() if len(secret) < SHORTEST else found,
            searched=not stopped,
            stopped=stopped,
        )
