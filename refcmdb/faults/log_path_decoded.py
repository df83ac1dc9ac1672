"""What is not found is logged with its path, decoded, by a logger with a handler of its own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from refcmdb.middleware.security import events

if TYPE_CHECKING:
    from starlette.types import Scope

KIND = "fault"
CHECK = "CG-LOG-001"
OPERATION = ""


def plant() -> None:
    """Its formatter knows nothing of line ends."""
    production = events.observe
    own = logging.getLogger("missing")
    own.propagate = False
    own.addHandler(logging.StreamHandler())

    def observe(scope: Scope, status: int) -> None:
        if status == 404:
            own.warning("not found: %s", scope["path"])
        production(scope, status)

    events.observe = observe
