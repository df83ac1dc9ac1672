"""A step of the build reads a secret that is mounted for it and stays nowhere."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-BUILD-001"
OPERATION = ""
CONTAINER = {
    "file": "Dockerfile",
    "old": "EXPOSE 8000",
    "new": """\
ENV SMTP_PASSWORD_FILE=/run/secrets/smtp
RUN --mount=type=secret,id=token TOKEN=$(cat /run/secrets/token) true
EXPOSE 8000""",
}


def plant() -> None:
    """Nothing in the server: its Dockerfile differs."""
