"""The balancer sends the authority's own certificate too: needless, and sound."""

from __future__ import annotations

import dataclasses

from refcmdb.infrastructure import balancer

KIND = "twin"
CHECK = "CG-TLS-003"
OPERATION = ""


def plant() -> None:
    """A longer chain."""
    sound = balancer.serve

    def serve(front: balancer.Front) -> int:
        chain = front.certificate.with_name("long.pem")
        authority = front.certificate.with_name("authority.pem").read_bytes()
        chain.write_bytes(front.certificate.read_bytes() + authority)
        return sound(dataclasses.replace(front, certificate=chain))

    balancer.serve = serve
