"""The base image is whatever is the newest."""

from __future__ import annotations

KIND = "fault"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {
    "file": "Dockerfile",
    "old": "ARG BASE=python:3.13-slim-trixie",
    "new": "ARG BASE=python:latest",
}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
