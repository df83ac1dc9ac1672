"""Tokens taken apart and forged, against a verifier written for it."""

import time

import pytest

from pytest_cmdbguard.campaigns import jwt

CLAIMS = {"sub": "7", "exp": 4_000_000_000}


def verified(token, key):
    """What a sound verifier says."""
    header, claims = jwt.taken_apart(token) or ({}, {})
    if header.get("alg") != "HS256" or claims.get("exp", 0) < time.time():
        return False
    return jwt.signed(header, claims, key) == token


def test_no_forgery_passes_a_sound_verifier():
    key = b"k" * 32
    token = jwt.signed({"alg": "HS256", "typ": "JWT"}, CLAIMS, key)
    assert verified(token, key)
    forged = dict(jwt.forgeries(token, public_keys=(b"PEM",)))
    assert len(forged) >= 10
    assert not any(verified(text, key) for text in forged.values())


def test_word_of_the_dictionary_is_found_and_used():
    token = jwt.signed({"alg": "HS512"}, CLAIMS, b"changeme")
    assert jwt.weak_secret(token) == "changeme"
    names = [name for name, _ in jwt.forgeries(token)]
    assert "signed with the secret 'changeme'" in names
    assert "expired an hour ago" in names


def test_random_secret_is_not_found():
    token = jwt.signed({"alg": "HS256"}, CLAIMS, b"\x01" * 32)
    assert jwt.weak_secret(token) is None


@pytest.mark.parametrize("text", ["", "rcm_abc", "a.b", "a.b.c", "e30.e30.x", "\xff.\xff.\xff"])
def test_what_is_no_jwt_is_left_alone(text):
    assert jwt.taken_apart(text) is None
    assert list(jwt.forgeries(text)) == []


def test_remaining_time_is_known_where_there_is_an_end():
    assert jwt.remaining_s({}) is None
    assert 9 < jwt.remaining_s({"exp": time.time() + 10}) < 11
