"""Nobody listens at the plain port: there is no redirect, and nothing in clear text."""

from __future__ import annotations

from refcmdb.infrastructure import balancer

KIND = "twin"
CHECK = "CG-TLS-002"
OPERATION = ""


def plant() -> None:
    """No such server."""
    sound = balancer.configuration

    def configuration(front: balancer.Front) -> balancer.Json:
        told = sound(front)
        del told["apps"]["http"]["servers"]["http"]
        return told

    balancer.configuration = configuration
