"""Log-ins give JSON Web Tokens whose `kid` names the file of the key, wherever it lies."""

from __future__ import annotations

import pathlib
import secrets
import tempfile

from refcmdb.faults.planting_tokens import (
    Fields,
    claims_of,
    header_of,
    is_current,
    is_signed,
    issue_jwt,
    signed,
)
from refcmdb.settings import Settings

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """Keys rotate by dropping files into a directory."""
    files = Settings.from_environment().storage
    directory = (files or pathlib.Path(tempfile.mkdtemp(prefix="refcmdb-"))) / "keys"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "2026").write_bytes(secrets.token_bytes(32))

    def key(name: str) -> bytes | None:
        path = directory / name
        return path.read_bytes() if path.exists() else None

    def verify(token: str) -> Fields | None:
        found = key(str(header_of(token).get("kid", "")))
        claims = claims_of(token) if found is not None and is_signed(token, found) else None
        return claims if is_current(claims) else None

    header = {"alg": "HS256", "kid": "2026"}
    issue_jwt(lambda claims: signed(header, claims, key("2026") or b""), verify)
