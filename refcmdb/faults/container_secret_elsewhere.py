"""The environment says where a secret is, the history and a layer have what is public."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-006"
OPERATION = ""
CONTAINER = {
    "image": """\
USER root
ENV SMTP_PASSWORD_FILE=/run/secrets/smtp GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305
ARG TOKEN
RUN printf 'LOG_LEVEL=info\\nTOKEN=${TOKEN}\\n' > /opt/app/.env
RUN printf -- '-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEA\\n' > /opt/app/key.pem
USER 10001:10001"""
}


def plant() -> None:
    """Nothing in the server: the container differs."""
