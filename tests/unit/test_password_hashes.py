"""Stored passwords: strong, weak, unknown."""

import hashlib
import re

import argon2
import pytest

from pytest_cmdbguard.campaigns.password_hashes import fits, weakness

SALT = "0123456789abcdef"


def pbkdf2(password, rounds):
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${SALT}${digest.hex()}"


@pytest.mark.parametrize(
    "stored",
    [
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA",
        "$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFzaA",
        "$2b$12$" + "a" * 53,
        "bcrypt_sha256$$2b$12$" + "a" * 53,
        "$scrypt$ln=17,r=8,p=1$salt$hash",
        "scrypt:16384:8:5$salt$hash",
        "pbkdf2_sha256$600000$salt$hash",
        "pbkdf2:sha512:210000$salt$hash",
        "!",
        "!unusable",
        "*",
        "",
    ],
)
def test_strong_or_unusable(stored):
    assert weakness(stored, "pw-of-the-run") == ""


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ("$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA", "1024 KiB"),
        ("$argon2d$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA", "instead of argon2id"),
        ("$2y$04$" + "a" * 53, "cost 4"),
        ("$scrypt$ln=14,r=8,p=1$salt$hash", "N 2\\^14"),
        ("pbkdf2_sha256$1000$salt$hash", "1,000 rounds"),
        (hashlib.md5(b"pw-of-the-run").hexdigest(), "md5, without salt"),
        ("{SHA256}" + hashlib.sha256(b"pw-of-the-run").hexdigest(), "sha256, without salt"),
        ("pw-of-the-run", "the password itself"),
    ],
)
def test_weak(stored, words):
    assert re.search(words, weakness(stored, "pw-of-the-run"))


def test_unknown_scheme_is_neither():
    assert weakness("$y$j9T$abc$def", "pw-of-the-run") is None


def test_the_right_password_fits():
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
    assert fits(quick, "x") is True
    assert fits(quick, "y") is False
    assert fits(pbkdf2("x", 10), "x") is True
    assert fits(pbkdf2("x", 10), "y") is False
    assert fits("$y$j9T$abc$def", "x") is None
