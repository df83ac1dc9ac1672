"""``balance``: stand in front of instances until SIGTERM."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from refcmdb.infrastructure import balancer
from refcmdb.server import is_loopback, plant

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Becomes Caddy, and returns only when it cannot; with ``--fault``, defective on purpose."""
    if options.fault and not (is_loopback(options.host) and plant(options.fault)):
        return 2
    missing = [str(path) for path in (options.certificate, options.key) if not path.is_file()]
    if missing:
        sys.stderr.write(f"refcmdb: there is no file {missing[0]}\n")
        return 2
    return balancer.serve(front_of(options))


def front_of(options: argparse.Namespace) -> balancer.Front:
    """What the options ask for."""
    return balancer.Front(
        host=options.host,
        upstreams=tuple(options.upstream),
        certificate=options.certificate,
        key=options.key,
        https_port=options.https_port,
        http_port=options.http_port,
    )
