"""The container gets back the one capability that low ports need."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-002"
OPERATION = ""
CONTAINER = {"run": {"cap_add": ["NET_BIND_SERVICE"], "security_opt": ["no-new-privileges:true"]}}


def plant() -> None:
    """Nothing in the server: the container differs."""
