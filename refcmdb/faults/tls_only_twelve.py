"""The balancer speaks TLS 1.2 only: not the newest, and sound."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "twin"
CHECK = "CG-TLS-001"
OPERATION = ""


def plant() -> None:
    """No TLS 1.3."""
    sound = balancer.tls_policy
    balancer.tls_policy = lambda: sound() | {"protocol_max": "tls1.2"}
