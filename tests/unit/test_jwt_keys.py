"""Tokens that bring or name their key, against verifiers that believe them and that do not."""

from __future__ import annotations

import base64
import json
import time

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pytest_cmdbguard.campaigns import jwt, jwt_keys
from pytest_cmdbguard.witnesses.listener import Listener

CLAIMS = {"sub": "7", "exp": time.time() + 600}
KEY = b"k" * 32
OWN = jwt.signed({"alg": "HS256", "jku": "https://keys.example/set"}, CLAIMS, KEY)


@pytest.fixture(scope="module")
def listener():
    with Listener() as running:
        yield running


def is_good(token, key):
    """Whether the signature is right, by the kind of key."""
    message, _, signature = token.rpartition(".")
    if isinstance(key, bytes):
        header, claims = jwt.taken_apart(token)
        return header["alg"] == "HS256" and jwt.signed(header, claims, key) == token
    try:
        rule, name = padding.PKCS1v15(), hashes.SHA256()
        key.verify(jwt.decoded(signature), message.encode(), rule, name)
    except InvalidSignature:
        return False
    return True


def as_key(fields):
    if fields["kty"] == "oct":
        return jwt.decoded(fields["k"])
    numbers = (int.from_bytes(jwt.decoded(fields[part])) for part in ("e", "n"))
    return rsa.RSAPublicNumbers(*numbers).public_key()


def certified(pem):
    return x509.load_pem_x509_certificate(pem).public_key()


def gullible(header):
    """The keys that a verifier finds which believes the header."""
    for member in ("jku", "x5u", "kid"):
        url = header.get(member, "")
        if not url.startswith("http://"):
            continue
        content = requests.get(url, timeout=5).content
        if member == "jku":
            yield from map(as_key, json.loads(content)["keys"])
        else:
            yield certified(content) if member == "x5u" else content
    if "jwk" in header:
        yield as_key(header["jwk"])
    if "x5c" in header:
        der = base64.b64decode(header["x5c"][0])
        yield x509.load_der_x509_certificate(der).public_key()


def test_every_forgery_passes_a_verifier_that_believes_the_header(listener):
    forged = list(jwt_keys.forgeries(OWN, listener))
    assert len(forged) == 8
    for name, token, place in forged:
        header, claims = jwt.taken_apart(token)
        assert any(is_good(token, key) for key in gullible(header)), name
        assert claims["sub"] == "7"
        assert bool(place) == bool(place and listener.hits(place)), name


def test_no_forgery_passes_a_sound_verifier_and_none_asks_by_itself(listener):
    for _, token, place in jwt_keys.forgeries(OWN, listener):
        assert not is_good(token, KEY)
        assert not (place and listener.hits(place))


def test_what_is_no_jwt_is_left_alone(listener):
    assert list(jwt_keys.forgeries("rcm_abc", listener)) == []
