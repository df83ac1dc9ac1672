"""The processes a run needs, behind one interface, whoever runs them.

A provider (:mod:`.embedded`, :mod:`.external`, :mod:`.containers`) makes services; a service is
started once, says when it is ready by a real query, writes one log file and can be stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Service(Protocol):
    """One process that the run needs.

    ``name`` is what messages call it, ``log`` its log file (None for a service that somebody else
    runs).
    """

    name: str
    log: Path | None

    def start(self) -> None:
        """Start and wait until a real query is answered.

        Raises: ServiceMissing, ServiceNotReady.
        """

    def stop(self) -> None:
        """End the process and everything it started; harmless when it never ran."""

    def require_alive(self) -> None:
        """Return if it still runs.

        Raises: ServiceDied with the tail of its log.
        """
