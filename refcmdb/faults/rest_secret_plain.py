"""The secret of a credential is stored as it is: only the SNMP community is sealed."""

from __future__ import annotations

from refcmdb.services.encryption import KeyProblem, KeyRing

KIND = "fault"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"
PLACE = "credentials.secret:"
MARK = b"\x00"


def plant() -> None:
    """A field that was forgotten when sealing was introduced."""
    sealing, opening = KeyRing.seal, KeyRing.open

    def seal(self: KeyRing, secret: str, *, place: str) -> bytes:
        return (
            MARK + secret.encode()
            if place.startswith(PLACE)
            else sealing(self, secret, place=place)
        )

    def open_(self: KeyRing, envelope: bytes, *, place: str) -> str:
        if envelope[:1] != MARK:
            return opening(self, envelope, place=place)
        if not place.startswith(PLACE):
            raise KeyProblem("this is no envelope")
        return envelope[1:].decode()

    KeyRing.seal, KeyRing.open = seal, open_  # type: ignore[method-assign]
