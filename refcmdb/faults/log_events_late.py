"""Security events are collected, and written when the next thousand is full."""

from __future__ import annotations

import logging
import logging.handlers
import sys

from refcmdb.middleware.security import events
from refcmdb.middleware.security.sanitising import OneLineFormatter

KIND = "fault"
CHECK = "CG-LOG-003"
OPERATION = ""


def plant() -> None:
    """Fewer writes."""
    target = logging.StreamHandler(sys.stderr)
    target.setFormatter(OneLineFormatter("%(asctime)s %(name)s %(message)s"))
    events.log.propagate = False
    events.log.addHandler(
        logging.handlers.MemoryHandler(1000, flushLevel=logging.CRITICAL, target=target)
    )
