"""The plain port serves the same as the TLS port."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-002"
OPERATION = "openapi"


def plant() -> None:
    """Nothing leads to https."""
    balancer.http = lambda front: {
        "listen": [f"{front.host}:{front.http_port}"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [balancer.proxy(front)]}],
    }
