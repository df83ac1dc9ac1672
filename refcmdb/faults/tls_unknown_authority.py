"""The balancer shows a certificate of an authority that exists on the developer's machine only."""

from __future__ import annotations

import dataclasses

import trustme

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-003"
OPERATION = ""


def plant() -> None:
    """Another pair of files."""
    sound = balancer.serve

    def serve(front: balancer.Front) -> int:
        certificate, key = front.key.with_name("laptop.pem"), front.key.with_name("laptop.key")
        issued = trustme.CA().issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        issued.private_key_pem.write_to_path(str(key))
        return sound(dataclasses.replace(front, certificate=certificate, key=key))

    balancer.serve = serve
