"""A client without rules, which faults and twins ask with."""

from __future__ import annotations

import http.client
import urllib.parse

from refcmdb.services.outgoing import Answer

PATIENCE_S = 1.0
LOOPBACK = frozenset({"127.0.0.1", "127.0.0.2", "localhost"})


def asked(method: str, url: str) -> Answer | None:
    """The answer of this machine; None without one. A planted fault leaves all others alone."""
    parts = urllib.parse.urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return None
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_S)
    try:
        connection.request(method, parts.path or "/")
        response = connection.getresponse()
        kind = response.headers.get_content_type()
        return Answer(status=response.status, media_type=kind, content=response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
