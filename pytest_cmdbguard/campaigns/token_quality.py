"""What a token is worth: its entropy, where it is kept, whether a changed one is accepted."""

from __future__ import annotations

import dataclasses
import math
import re
import time
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns import jwt, jwt_keys
from pytest_cmdbguard.campaigns.admission import shows_data
from pytest_cmdbguard.campaigns.login import token_of
from pytest_cmdbguard.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.campaigns.admission import Admission
    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor, Exchange
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.witnesses.accounts import AccountWitness
    from pytest_cmdbguard.witnesses.listener import Listener

MINTED = 8
ENOUGH_BITS = 64  # ASVS 4.0.3 3.2.2; 5.0 7.2.3 asks for 128 of reference tokens
LONGEST_WAIT_S = 3.5
ASKED_WITHIN_S = 0.1  # the target asks while it looks at the token
KEY_SETS = ("/.well-known/jwks.json", "/jwks.json", "/api/v1/auth/jwks", "/oauth/jwks")
ALPHABETS = ((r"[0-9]+", 10), (r"[0-9a-f]+", 16), (r"[0-9A-F]+", 16), (r"[0-9a-z]+", 36))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What is wrong with tokens; ``kind`` names it without any payload."""

    kind: str
    words: str
    exchange: Exchange | None = None
    severity: Severity = Severity.CRITICAL


def entropy_bits(tokens: Sequence[str]) -> float:
    """At most so many bits tell one token from another, by the places that differ at all."""
    places = [set(characters) for characters in zip(*tokens, strict=False)]
    differing = [characters for characters in places if len(characters) > 1]
    size = _alphabet("".join(character for place in differing for character in place))
    return len(differing) * math.log2(size)


def opaque_flaws(
    log_in: LogIn, admission: Admission, accounts: AccountWitness | None, actor: Actor
) -> Iterator[Flaw]:
    """Of tokens that are only looked up."""
    mark = accounts.mark() if accounts else 0
    tokens = [token_of(log_in.enter(actor)) for _ in range(MINTED)]
    bits = entropy_bits(tokens)
    if bits < ENOUGH_BITS:
        yield Flaw(
            kind="entropy",
            words=f"{MINTED} tokens differ in {bits:.0f} bits at most; {ENOUGH_BITS} are needed",
            severity=Severity.HIGH,
        )
    token = tokens[-1]
    for table in accounts.places_of(token, mark) if accounts else ():
        words = f"{table} holds the token as it is"
        yield Flaw(kind=f"stored in {table}", words=words, severity=Severity.HIGH)
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    changed = {
        "changed": token[:middle] + other + token[middle + 1 :],
        "cut": token[: middle + 1],
        "in other case": token.swapcase(),
    }
    for how, text in changed.items():
        answer = admission.with_headers({"Authorization": f"Bearer {text}"})
        if shows_data(answer):
            yield Flaw(kind=how, words=f"a token that was {how} is accepted", exchange=answer)


def jwt_flaws(admission: Admission, token: str, listener: Listener) -> Iterator[Flaw]:
    """Of tokens that carry claims: every forgery that is shown data, or asks for its key."""
    taken = jwt.taken_apart(token)
    if taken is None:
        return
    left_s = jwt.remaining_s(taken[1])
    if left_s is None:
        words = f"it has no exp, only {sorted(taken[1])}"
        yield Flaw(kind="never expires", words=words, severity=Severity.HIGH)
    for name, forged in jwt.forgeries(token, tuple(_public_keys(admission.api))):
        answer = admission.with_headers({"Authorization": f"Bearer {forged}"})
        if shows_data(answer):
            words = f"a token of ours ({name}) was shown data: HTTP {answer.status}"
            yield Flaw(kind=re.sub(r"'.*'|/.*", "", name).strip(), words=words, exchange=answer)
    yield from _keys_of_others(admission, token, listener)
    if left_s is not None and left_s < LONGEST_WAIT_S:
        time.sleep(max(0.0, left_s) + 1.1)  # whole seconds count
        answer = admission.with_headers({"Authorization": f"Bearer {token}"})
        is_over = (jwt.remaining_s(taken[1]) or 0.0) < -1  # also when the clock was put back
        if is_over and shows_data(answer):
            words = f"it expired a second ago and was shown data: HTTP {answer.status}"
            yield Flaw(kind="expired", words=words, exchange=answer)


def _keys_of_others(admission: Admission, token: str, listener: Listener) -> Iterator[Flaw]:
    """A key that the token brings or names: taken, or at least asked for where it lies."""
    for name, forged, place in jwt_keys.forgeries(token, listener):
        answer = admission.with_headers({"Authorization": f"Bearer {forged}"})
        if shows_data(answer):
            words = f"a token of ours ({name}) was shown data: HTTP {answer.status}"
            yield Flaw(kind=name, words=words, exchange=answer)
        elif place and (hits := listener.hits(place, within_s=ASKED_WITHIN_S)):
            words = f"a token of ours ({name}) made the target ask 127.0.0.1: {hits[0]}"
            kind = f"{name}, asked only"
            yield Flaw(kind=kind, words=words, exchange=answer, severity=Severity.HIGH)


def _public_keys(api: Api) -> Iterator[bytes]:
    """The target's public RSA keys, as everybody can read them."""
    import json  # noqa: PLC0415 - only for targets that publish keys

    for path in KEY_SETS:
        answer = api.as_actor(None).get(path)
        if answer.status != 200 or b'"RSA"' not in answer.body:
            continue
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - as above

        for key in json.loads(answer.body).get("keys", []):
            numbers = [int.from_bytes(jwt.decoded(key[part])) for part in ("e", "n")]
            public = rsa.RSAPublicNumbers(*numbers).public_key()
            yield public.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )


def _alphabet(text: str) -> int:
    found = (size for pattern, size in ALPHABETS if re.fullmatch(pattern, text))
    return next(found, 62 if text.isalnum() else 64)
