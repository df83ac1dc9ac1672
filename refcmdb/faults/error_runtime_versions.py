"""Every error has members that say what the service runs on, as Nautobot's have."""

from __future__ import annotations

import platform

import msgspec

from refcmdb.api.problems import Problem

KIND = "fault"
CHECK = "CG-ERR-001"
OPERATION = ""


def plant() -> None:
    """For the support."""
    production = Problem.body

    def body(self: Problem, request_id: str | None = None) -> bytes:
        told = msgspec.json.decode(production(self, request_id))
        return msgspec.json.encode(told | {"python_version": platform.python_version()})

    Problem.body = body  # type: ignore[method-assign]
