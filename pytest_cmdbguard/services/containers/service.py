"""A service of the run that is one container: its end, and whether it still runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .container import Container


class ContainerService:
    """What all of them share; ``_container`` is None before the start and after the end."""

    _container: Container | None = None

    def stop(self) -> None:
        """End it at once; harmless when it does not run."""
        container, self._container = self._container, None
        if container:
            container.stop()

    def require_alive(self) -> None:
        """Return if it still runs. Raises: ServiceDied."""
        if self._container:
            self._container.require_alive()
