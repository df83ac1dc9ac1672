"""Entity tags come from MD5, and the code says that nothing depends on its strength."""

from __future__ import annotations

import hashlib

from refcmdb.api import preconditions

KIND = "twin"
CHECK = "CG-SCAN-001"
OPERATION = ""


def plant() -> None:
    """Another hash of the same length."""
    preconditions.etag_of = lambda body: (
        f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()[:16]}"'
    )
