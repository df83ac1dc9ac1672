"""Whoever starts the container brings the health check."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-007"
OPERATION = ""
CONTAINER = {
    "image": "HEALTHCHECK NONE",
    "run": {
        "healthcheck": [
            "CMD",
            "python",
            "-c",
            "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=2)",
        ]
    },
}


def plant() -> None:
    """Nothing in the server: the container differs."""
