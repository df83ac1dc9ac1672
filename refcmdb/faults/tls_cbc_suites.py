"""The balancer also offers CBC suites, for "older clients"."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-001"
OPERATION = ""


def plant() -> None:
    """Two suites more."""
    balancer.CIPHER_SUITES += (
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    )
