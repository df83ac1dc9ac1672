"""A private key lies in a layer, and a later one deletes it."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-CONT-006"
OPERATION = ""
CONTAINER = {
    "image": """\
USER root
RUN python -c "\
from cryptography.hazmat.primitives import serialization as s; \
from cryptography.hazmat.primitives.asymmetric import ed25519 as e; \
form = (s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()); \
open('/opt/app/ca.pem', 'wb').write(e.Ed25519PrivateKey.generate().private_bytes(*form))"
RUN rm /opt/app/ca.pem
USER 10001:10001"""
}


def plant() -> None:
    """Nothing in the server: the container differs."""
