"""The plain port redirects people, and still serves scripts below /api."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-002"
OPERATION = "openapi"


def plant() -> None:
    """Two routes."""
    sound = balancer.http

    def http(front: balancer.Front) -> balancer.Json:
        served = {"match": [{"path": ["/api/*"]}], "handle": [balancer.proxy(front)]}
        server = sound(front)
        return server | {"routes": [served, *server["routes"]]}

    balancer.http = http
