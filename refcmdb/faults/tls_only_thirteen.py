"""The balancer speaks TLS 1.3 only: old clients stay out, and careful ones come in."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "twin"
CHECK = "CG-TLS-003"
OPERATION = ""


def plant() -> None:
    """No TLS 1.2."""
    balancer.tls_policy = lambda: {"protocol_min": "tls1.3"}
