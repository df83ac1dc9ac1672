"""Stored passwords: which scheme, whether it is strong enough, and whether a password fits.

Strong enough is what the OWASP Password Storage Cheat Sheet (2024) asks for at least: argon2id
with 19 MiB and 2 passes (or less memory and more passes), scrypt with N 2^17 (or less and more
p), bcrypt with cost 10, PBKDF2 with 600,000 (SHA-256) or 210,000 (SHA-512) rounds.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

UNUSABLE = re.compile(r"[!*x]?|[!*].*", re.DOTALL)
ARGON2 = re.compile(r"(?:argon2)?\$argon2(id|i|d)\$(?:v=\d+\$)?m=(\d+),t=(\d+),p=\d+\$.*")
BCRYPT = re.compile(r"(?:bcrypt(?:_sha256)?\$)?\$2[abxy]\$(\d\d)\$.{53}")
PBKDF2 = re.compile(
    r"(?:\$?pbkdf2[_:-])(sha1|sha256|sha512)[$:](\d+)\$([^$]+)\$([A-Za-z0-9+/=._-]+)"
)
SCRYPT = (
    re.compile(r"\$scrypt\$ln=(?P<ln>\d+),r=(?P<r>\d+),p=(?P<p>\d+)\$.*"),
    re.compile(r"scrypt\$[^$]+\$(?P<n>\d+)\$(?P<r>\d+)\$(?P<p>\d+)\$.*"),
    re.compile(r"scrypt:(?P<n>\d+):(?P<r>\d+):(?P<p>\d+)\$.*"),
)
MEMORY_KIB = {1: 47_104, 2: 19_456, 3: 12_288, 4: 9_216, 5: 7_168}  # by passes
SCRYPT_P = {17: 1, 16: 2, 15: 3, 14: 5, 13: 10}  # by log2 of N
ROUNDS = {"sha1": 1_300_000, "sha256": 600_000, "sha512": 210_000}
FAST = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def weakness(stored: str, password: str = "") -> str | None:
    """What is wrong with how a password is stored; empty when nothing is, None for who knows.

    Args:
        stored: the text in the database.
        password: what it was made of, where that is known.
    """
    if UNUSABLE.fullmatch(stored):
        return ""
    for judge in (_argon2, _bcrypt, _scrypt, _pbkdf2):
        if (verdict := judge(stored)) is not None:
            return verdict
    return next((f"it is {how}" for how, text in _fast(password) if text in stored), None)


def fits(stored: str, password: str) -> bool | None:
    """Whether it is the password; None where no library here can tell."""
    if ARGON2.fullmatch(stored):
        return _fits_argon2(stored[stored.index("$argon2") :], password)
    if found := PBKDF2.fullmatch(stored):
        name, rounds, salt, digest = found.groups()
        if "pbkdf2-" in stored:
            return None  # another alphabet
        made = hashlib.pbkdf2_hmac(name, password.encode(), salt.encode(), int(rounds))
        return digest in {made.hex(), base64.b64encode(made).decode()}
    if BCRYPT.fullmatch(stored):
        return _fits_bcrypt(stored, password)
    return None


def _argon2(stored: str) -> str | None:
    found = ARGON2.fullmatch(stored)
    if not found:
        return None
    kind, memory, passes = found[1], int(found[2]), int(found[3])
    needed = MEMORY_KIB[min(passes, 5)]
    if kind != "id":
        return f"argon2{kind} instead of argon2id"
    return (
        f"argon2id with {memory} KiB and {passes} passes; {needed} KiB are needed"
        if memory < needed
        else ""
    )


def _bcrypt(stored: str) -> str | None:
    found = BCRYPT.fullmatch(stored)
    if not found:
        return None
    return f"bcrypt with cost {int(found[1])}; 10 is needed" if int(found[1]) < 10 else ""


def _scrypt(stored: str) -> str | None:
    found = next((m for pattern in SCRYPT if (m := pattern.fullmatch(stored))), None)
    if found is None:
        return None
    told = found.groupdict()
    log_n = int(told["ln"]) if "ln" in told else int(told["n"]).bit_length() - 1
    needed = SCRYPT_P.get(min(log_n, 17))
    strong = needed is not None and int(told["p"]) >= needed and int(told["r"]) >= 8
    return "" if strong else f"scrypt with N 2^{log_n}, r {told['r']}, p {told['p']}"


def _pbkdf2(stored: str) -> str | None:
    found = PBKDF2.fullmatch(stored)
    if not found:
        return None
    needed = ROUNDS[found[1]]
    if int(found[2]) >= needed:
        return ""
    return f"PBKDF2-{found[1]} with {int(found[2]):,} rounds; {needed:,} are needed"


def _fast(password: str) -> Iterator[tuple[str, str]]:
    """What a password looks like that was hashed quickly, or not at all."""
    if not password:
        return
    yield "the password itself", password
    for name in FAST:
        digest = hashlib.new(name, password.encode()).digest()
        yield f"its {name}, without salt", digest.hex()
        yield f"its {name}, without salt", base64.b64encode(digest).decode().rstrip("=")


def _fits_argon2(stored: str, password: str) -> bool | None:
    argon2 = _library("argon2")
    if argon2 is None:
        return None
    try:
        return bool(argon2.PasswordHasher().verify(stored, password))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _fits_bcrypt(stored: str, password: str) -> bool | None:
    bcrypt = _library("bcrypt")
    if bcrypt is None or not stored.startswith("$2"):
        return None
    return bool(bcrypt.checkpw(password.encode(), stored.encode()))


def _library(name: str) -> Any:  # noqa: ANN401 - a module, if it is installed
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
