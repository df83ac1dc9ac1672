"""The plain port answers 403 to everybody."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "twin"
CHECK = "CG-TLS-002"
OPERATION = ""


def plant() -> None:
    """A refusal instead of a redirect."""
    balancer.http = lambda front: {
        "listen": [f"{front.host}:{front.http_port}"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [{"handler": "static_response", "status_code": 403}]}],
    }
