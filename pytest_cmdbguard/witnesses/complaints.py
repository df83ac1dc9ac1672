"""The complaint witness: what PostgreSQL wrote about statements that it refused."""

from __future__ import annotations

import collections
import json
from typing import TYPE_CHECKING

from pytest_cmdbguard.witnesses.database import connect
from pytest_cmdbguard.witnesses.logtail import LogTail, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = {"ERROR", "FATAL", "PANIC"}


class ComplaintWitness:
    """Reads messages and details of errors from PostgreSQL's jsonlog."""

    def __init__(self, admin_url: str) -> None:
        """``admin_url`` is a superuser's. Raises: ServiceError if nothing listens there."""
        self._engine = connect(admin_url)

    def mark(self) -> Mark:
        """The end of what was logged so far."""
        with self._engine.connect() as connection:
            tail = LogTail(connection)
            collections.deque(tail.lines_until_barrier(), maxlen=0)
            return tail.mark

    def since(self, mark: Mark) -> list[str]:
        """Messages, details and hints of what was refused after the mark, each once."""
        with self._engine.connect() as connection:
            lines = LogTail(connection, mark).lines_until_barrier()
            return list(dict.fromkeys(text for line in lines for text in _texts(line)))

    def close(self) -> None:
        """Give the connections back; harmless when done twice."""
        self._engine.dispose()


def _texts(line: bytes) -> Iterator[str]:
    record = json.loads(line.decode("utf-8", "replace"))
    if record.get("error_severity") in REFUSED:
        yield from (str(record[key]) for key in ("message", "detail", "hint") if record.get(key))
