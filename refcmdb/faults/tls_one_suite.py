"""The balancer offers AES-128 only, which sounds weaker than AES-256 and is not weak."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "twin"
CHECK = "CG-TLS-001"
OPERATION = ""


def plant() -> None:
    """One suite."""
    balancer.CIPHER_SUITES = ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",)
