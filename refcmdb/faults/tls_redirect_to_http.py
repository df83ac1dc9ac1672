"""The redirect of the plain port leads to the plain port again."""

from __future__ import annotations

import json

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-002"
OPERATION = "openapi"


def plant() -> None:
    """The s is missing."""
    sound = balancer.http

    def http(front: balancer.Front) -> balancer.Json:
        text = json.dumps(sound(front)).replace("https://", "http://")
        server: balancer.Json = json.loads(text)
        return server

    balancer.http = http
