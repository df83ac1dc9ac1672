"""Limits are written in the other way that Compose knows."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {
    "file": "compose.yaml",
    "old": "  pids_limit: 256\n  mem_limit: 1g\n  cpus: 1\n",
    "new": "  deploy: {resources: {limits: {pids: 256, memory: 1g, cpus: '1'}}}\n",
}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
