"""Which cached answers depend on what: tags.

A tag names a set of answers that become wrong together. An answer is stored with the versions
its tags had before it was computed; changing a version makes it a miss.
"""

from __future__ import annotations

import hashlib

EVERYBODY = "all"
# The namespace of what models answered.
ASSISTANT = "assistant"


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


def assistant_key(*, role: str, tenant_id: int | None, api: str, request: bytes) -> str:
    """Where the answer of a model is stored.

    ``request`` is all that ``api`` is sent: model, parameters, instructions, the question, and
    what it is told of the network. So it is the version of the data, too: a change asks anew.
    """
    digest = hashlib.blake2b(f"{api}\0".encode() + request, digest_size=32).hexdigest()
    return f"{ASSISTANT}:{role}:{tenant_id or EVERYBODY}:{digest}"
