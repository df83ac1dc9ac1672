"""What a cache says when it is asked."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the cache said: ``body`` on a hit, else the ``versions`` to store an answer under.

    ``versions`` is None where there is no cache at the moment. A ``local`` one is this process'.
    Who is ``trusted`` with computing the answer is the only one of all instances.
    """

    key: str
    versions: bytes | None
    body: bytes | None = None
    local: bool = False
    trusted: bool = False
