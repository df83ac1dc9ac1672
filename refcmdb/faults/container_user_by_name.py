"""The user of the image has a name, and is in the group of root."""

from __future__ import annotations

KIND = "twin"
CHECK = "CG-CONT-001"
OPERATION = ""
CONTAINER = {
    "image": """\
USER root
RUN echo 'cmdb:x:10002:0::/:/bin/false' >> /etc/passwd
USER cmdb"""
}


def plant() -> None:
    """Nothing in the server: the container differs."""
