"""The balancer as a configuration of HAProxy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from refcmdb.infrastructure import balancer

if TYPE_CHECKING:
    from pathlib import Path

    from refcmdb.infrastructure.balancer import Front

TEMPLATE = """\
global
    maxconn 4096
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    ssl-default-bind-ciphers {suites}

defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout http-request 10s
    # What never arrived is sent again; what may have arrived, only where that changes nothing.
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response
    http-error status 503 content-type {problem_type} string '{problem}' hdr Retry-After {wait_s}

frontend http
    bind {host}:{http_port}
    http-request redirect code 308 location https://%[req.hdr(host),regsub(:[0-9]+$,)]:{https_port}%[url]

frontend https
    bind {host}:{https_port} ssl crt {pair} alpn h2,http/1.1
    http-request disable-l7-retry unless {{ method {idempotent} }}
    option forwardfor
    http-request set-header X-Forwarded-Proto https
    http-response del-header Server
    http-response del-header Via
    default_backend instances

backend instances
    balance leastconn
    filter compression
    compression algo gzip
    compression type text/javascript application/javascript text/css image/svg+xml
    option httpchk GET {path}
    http-check expect status {expected}
    timeout check {timeout}
    default-server check inter {interval} fastinter 500ms rise 1 fall 1
    default-server observe layer4 error-limit 1 on-error mark-down
{servers}
"""


def configuration(front: Front) -> str:
    """What HAProxy is started with; certificate and key lie in one file, :func:`pair`."""
    servers = [f"    server i{n} {upstream}" for n, upstream in enumerate(front.upstreams, 1)]
    return TEMPLATE.format(
        suites=balancer.openssl_suites(),
        host=front.host,
        http_port=front.http_port,
        https_port=front.https_port,
        pair=pair(front),
        idempotent=" ".join(balancer.IDEMPOTENT),
        problem_type=balancer.PROBLEM_TYPE,
        problem=balancer.PROBLEM,
        wait_s=balancer.RETRY_AFTER_S,
        path=balancer.HEALTH["path"],
        expected=balancer.HEALTH["expect_status"],
        interval=balancer.HEALTH["interval"],
        timeout=balancer.HEALTH["timeout"],
        servers="\n".join(servers),
    )


def pair(front: Front) -> Path:
    """Where the certificate's chain and the key lie, one after the other."""
    return front.key.with_name("balancer.pem")


def serve(front: Front) -> int:
    """Become HAProxy. Raises: SettingsError when there is none."""
    program = balancer.program_of("haproxy", install="apt-get install haproxy")
    place = pair(front)
    place.touch(mode=0o600)
    place.write_bytes(front.certificate.read_bytes() + front.key.read_bytes())
    path = front.key.with_name("haproxy.cfg")
    path.write_text(configuration(front), encoding="utf-8")
    return os.execv(program, [program, "-db", "-f", str(path)])  # noqa: S606 - one process, one pid
