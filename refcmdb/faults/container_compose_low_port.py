"""The balancer gets back the one capability that low ports need."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {
    "file": "compose.yaml",
    "old": '    user: "10001:10001"\n    command:\n',
    "new": '    user: "10001:10001"\n    cap_add: [NET_BIND_SERVICE]\n    command:\n',
}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
