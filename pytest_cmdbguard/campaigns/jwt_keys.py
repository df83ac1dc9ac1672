"""JSON Web Tokens that say themselves which key is right: they bring it, or name its address."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_cmdbguard.campaigns.jwt import (
    OCTETS,
    OURS,
    Fields,
    encoded,
    signed,
    signed_text,
    taken_apart,
)
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.witnesses.listener import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric import rsa

    from pytest_cmdbguard.witnesses.listener import Listener

NAME = "cmdbguard"
PEM = "application/pem-certificate-chain"


def forgeries(token: str, listener: Listener) -> Iterator[tuple[str, str, str]]:
    """What a sound verifier refuses without a look at any other server.

    Each is a name, the forged token, and the listener's token that is in the address of its key;
    empty where the key comes along. Without the package cryptography only those with an HMAC.
    """
    taken = taken_apart(token)
    if taken is None:
        return
    header, claims = taken
    claims |= {NAME: "forged"}
    told = {"alg": "HS256", "kid": NAME}
    for place, name, url in _addresses(header, listener, [OCTETS]):
        yield f"{name}, HMAC", signed({**header, **told, **url}, claims, OURS), place
    place = fresh_token()
    listener.answer(place, Reply(headers={"Content-Type": "text/plain"}, body=OURS))
    address = {**told, "kid": listener.url(place)}
    yield "key at the address that kid names", signed({**header, **address}, claims, OURS), place
    try:
        yield from _with_rsa(header, claims, listener)
    except ImportError:
        return


def _with_rsa(
    header: Fields, claims: Fields, listener: Listener
) -> Iterator[tuple[str, str, str]]:
    """The same for verifiers that expect public keys; raises ImportError without cryptography."""
    key, public, certificate = _pair()
    told = {**header, "alg": "RS256", "kid": NAME}
    yield "RSA key in the header (jwk)", _rs256({**told, "jwk": public}, claims, key), ""
    chain = [base64.b64encode(certificate).decode()]
    yield "certificate in the header (x5c)", _rs256({**told, "x5c": chain}, claims, key), ""
    for place, name, url in _addresses(header, listener, [public]):
        yield f"{name}, RSA", _rs256({**told, **url}, claims, key), place
    place, pem = fresh_token(), base64.encodebytes(certificate).decode()
    text = f"-----BEGIN CERTIFICATE-----\n{pem}-----END CERTIFICATE-----\n"
    listener.answer(place, Reply(headers={"Content-Type": PEM}, body=text.encode()))
    named = {**told, "x5u": listener.url(place)}
    yield "certificate at the address that x5u names", _rs256(named, claims, key), place


def _addresses(
    header: Fields, listener: Listener, keys: list[Fields]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Where the key set lies: plainly, and so that it begins like the address that it had."""
    reply = Reply(
        headers={"Content-Type": "application/json"}, body=json.dumps({"keys": keys}).encode()
    )
    hosts = {"key set at the address that jku names": "127.0.0.1"}
    own = urlsplit(str(header.get("jku", ""))).hostname
    if own:
        hosts["key set at an address that begins like the one of jku"] = f"{own}@127.0.0.1"
    for name, host in hosts.items():
        place = fresh_token()
        listener.answer(place, reply)
        yield place, name, {"jku": listener.url(place, host=host)}


def _rs256(header: Fields, claims: Fields, key: rsa.RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - not everybody has it
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 - as above

    return signed_text(
        header, claims, lambda text: key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    )


@functools.cache
def _pair() -> tuple[rsa.RSAPrivateKey, dict[str, Any], bytes]:
    """A private key of ours, its public half as a JWK, and as a certificate that we signed."""
    from cryptography import x509  # noqa: PLC0415 - not everybody has it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - as above

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    numbers = key.public_key().public_numbers()
    public = {
        "kty": "RSA",
        "kid": NAME,
        "alg": "RS256",
        "use": "sig",
        "e": encoded(numbers.e.to_bytes(3)),
        "n": encoded(numbers.n.to_bytes(256)),
    }
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, public, built.public_bytes(serialization.Encoding.DER)
