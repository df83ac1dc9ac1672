"""Security events are written by a thread of their own, half a second later."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
import time

from refcmdb.middleware.security import events
from refcmdb.middleware.security.sanitising import OneLineFormatter

LATE_S = 0.5

KIND = "twin"
CHECK = "CG-LOG-003"
OPERATION = ""


class Slow(logging.StreamHandler):  # type: ignore[type-arg] # generic in its stub only
    """Takes its time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record when it is old enough."""
        time.sleep(max(0.0, record.created + LATE_S - time.time()))
        super().emit(record)


def plant() -> None:
    """Requests do not wait for the log."""
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    target = Slow(sys.stderr)
    target.setFormatter(OneLineFormatter("%(asctime)s %(name)s %(message)s"))
    events.log.propagate = False
    events.log.addHandler(logging.handlers.QueueHandler(lines))
    logging.handlers.QueueListener(lines, target).start()
