"""The balancer as a configuration of nginx.

What it lacks: nginx asks nobody for its health, so an instance that drains gets requests until it
closes its port, and it tells its own name in a header.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from refcmdb.infrastructure import balancer

if TYPE_CHECKING:
    from refcmdb.infrastructure.balancer import Front

TEMPLATE = """\
daemon off;
worker_processes auto;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {directory}/nginx-body;
    proxy_temp_path {directory}/nginx-proxy;
    fastcgi_temp_path {directory}/nginx-fastcgi;
    uwsgi_temp_path {directory}/nginx-uwsgi;
    scgi_temp_path {directory}/nginx-scgi;
    upstream instances {{
        least_conn;
{servers}
    }}
    map $request_method $retry_after {{
{idempotent}
    }}
    server {{
        listen {host}:{http_port};
        return 308 https://$host:{https_port}$request_uri;
    }}
    server {{
        listen {host}:{https_port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers {suites};
        ssl_session_tickets off;
        # The instances say themselves what is too large.
        client_max_body_size 0;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto https;
        proxy_hide_header Via;
        proxy_connect_timeout {timeout};
        # What may have arrived is sent again only where that changes nothing, as is the default.
        proxy_next_upstream error timeout;
        proxy_next_upstream_timeout 3s;
        location / {{ proxy_pass http://instances; }}
        error_page 502 504 = @nobody;
        location @nobody {{
            # What may have arrived is not to be sent again.
            if ($retry_after = "") {{ return 502; }}
            default_type {problem_type};
            add_header Retry-After $retry_after always;
            return 503 '{problem}';
        }}
        location {static} {{
            proxy_pass http://instances;
            gzip on;
            gzip_proxied any;
            gzip_min_length 512;
            gzip_types text/javascript application/javascript text/css image/svg+xml;
        }}
    }}
}}
"""


def configuration(front: Front) -> str:
    """What nginx is started with; its own files lie beside the key."""
    servers = [f"        server {one} max_fails=1 fail_timeout=5s;" for one in front.upstreams]
    idempotent = [f"        {one} {balancer.RETRY_AFTER_S};" for one in balancer.IDEMPOTENT]
    return TEMPLATE.format(
        directory=front.key.parent,
        host=front.host,
        http_port=front.http_port,
        https_port=front.https_port,
        certificate=front.certificate,
        key=front.key,
        suites=balancer.openssl_suites(),
        problem_type=balancer.PROBLEM_TYPE,
        problem=balancer.PROBLEM,
        idempotent="\n".join(idempotent),
        timeout=balancer.HEALTH["timeout"],
        static=balancer.STATIC,
        servers="\n".join(servers),
    )


def serve(front: Front) -> int:
    """Become nginx. Raises: SettingsError when there is none."""
    program = balancer.program_of("nginx", install="apt-get install nginx")
    path = front.key.with_name("nginx.conf")
    path.write_text(configuration(front), encoding="utf-8")
    return os.execv(program, [program, "-e", "stderr", "-c", str(path.absolute())])  # noqa: S606 - one process, one pid
