"""The instances can tell Docker what to start."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-002"
OPERATION = ""
CONTAINER = {
    "file": "compose.yaml",
    "old": 'volumes: ["files:/var/lib/refcmdb", ',
    "new": 'volumes: ["files:/var/lib/refcmdb", "/var/run/docker.sock:/var/run/docker.sock", ',
}


def plant() -> None:
    """Nothing in the server: its compose.yaml differs."""
