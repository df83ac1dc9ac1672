"""Every error of the log-in tells which versions run here."""

from __future__ import annotations

import platform

from refcmdb.api.problems import Problem

KIND = "fault"
CHECK = "CG-ERR-001"
OPERATION = ""


def plant() -> None:
    """For the support."""
    production = Problem.body

    def body(self: Problem, request_id: str | None = None) -> bytes:
        if self.status in {400, 401, 422}:
            self.detail += f" (Python/{platform.python_version()})"
        return production(self, request_id)

    Problem.body = body  # type: ignore[method-assign]
