"""Entity tags come from MD5, without saying that nothing depends on its strength."""

from __future__ import annotations

import hashlib

from refcmdb.api import preconditions

KIND = "fault"
CHECK = "CG-SCAN-001"
OPERATION = ""


def plant() -> None:
    """Another hash of the same length."""
    preconditions.etag_of = lambda body: f'"{hashlib.md5(body).hexdigest()[:16]}"'
