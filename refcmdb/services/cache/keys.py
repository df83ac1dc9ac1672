"""Which cached answers depend on what: tags.

A tag names a set of answers that become wrong together. An answer is stored with the versions
its tags had before it was computed; changing a version makes it a miss.
"""

from __future__ import annotations

import hashlib

EVERYBODY = "all"


def object_tag(resource: str, number: int) -> str:
    """The detail of one object."""
    return f"object:{resource}:{number}"


def list_tag(resource: str, tenant_id: int | None) -> str:
    """The lists of a resource, as one tenant sees them; None is who sees everything."""
    return f"list:{resource}:{tenant_id or EVERYBODY}"


def label_tag(resource: str, tenant_id: int | None) -> str:
    """The labels under which other resources show the objects of this one."""
    return f"label:{resource}:{tenant_id or EVERYBODY}"


def entry_key(*, role: str, tenant_id: int | None, path: str, query: bytes) -> str:
    """Where the answer to a request is stored; actors who see the same share it."""
    scope = f"{role}:{tenant_id or EVERYBODY}"
    digest = hashlib.blake2b(query, digest_size=16).hexdigest()
    return f"answer:{scope}:{path}:{digest}"
