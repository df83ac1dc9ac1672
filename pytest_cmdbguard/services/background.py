"""Work beside the main thread whose outcome is collected later."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Task[T]:
    """A function that runs in a thread of its own.

    The thread is a daemon: a run that is stopped does not wait for it, it takes away what the
    thread works on.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        """Start it."""
        self._outcome: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(function,), daemon=True)
        self._thread.start()

    def result(self) -> T:
        """What the function returned, when it has. Raises: what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._outcome[0]

    def wait(self, timeout_s: float) -> None:
        """Give it this time to end."""
        self._thread.join(timeout_s)

    def _run(self, function: Callable[[], T]) -> None:
        try:
            self._outcome.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self._error = error
