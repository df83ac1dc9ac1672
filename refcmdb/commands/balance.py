"""``balance``: stand in front of instances until SIGTERM."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from refcmdb.infrastructure import balancer, haproxy, nginx
from refcmdb.server import is_loopback, plant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

# Caddy is looked up when it is called, so that a fault can be planted.
SERVE: dict[str, Callable[[balancer.Front], int]] = {
    "caddy": lambda front: balancer.serve(front),  # noqa: PLW0108 - see above
    "haproxy": haproxy.serve,
    "nginx": nginx.serve,
}
CONFIGURATION: dict[str, Callable[[balancer.Front], balancer.Json | str]] = {
    "caddy": balancer.configuration,
    "haproxy": haproxy.configuration,
    "nginx": nginx.configuration,
}


def run(options: argparse.Namespace) -> int:
    """Becomes the program, or prints what it is told; with ``--fault``, defective on purpose."""
    is_ours_alone = options.published_on_loopback or is_loopback(options.host)
    if options.fault and not (is_ours_alone and plant(options.fault)):
        return 2
    missing = [str(path) for path in (options.certificate, options.key) if not path.is_file()]
    if missing:
        sys.stderr.write(f"refcmdb: there is no file {missing[0]}\n")
        return 2
    front = front_of(options)
    if not options.print:
        return SERVE[options.program](front)
    told = CONFIGURATION[options.program](front)
    sys.stdout.write(told if isinstance(told, str) else json.dumps(told, indent=2) + "\n")
    return 0


def front_of(options: argparse.Namespace) -> balancer.Front:
    """What the options ask for."""
    return balancer.Front(
        host=options.host,
        upstreams=tuple(options.upstream),
        certificate=options.certificate.absolute(),
        key=options.key.absolute(),
        https_port=options.https_port,
        http_port=options.http_port,
    )
