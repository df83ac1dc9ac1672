"""Ctrl-C and SIGTERM: both end a run politely, and neither tears apart what must be whole."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_politely_on_sigterm() -> Callable[[], None]:
    """SIGTERM ends the run like Ctrl-C, so that nothing is left behind; returns the undo."""
    if not _is_main_thread():
        return lambda: None

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is given
        raise KeyboardInterrupt("SIGTERM")

    before = signal.signal(signal.SIGTERM, interrupt)
    return lambda: _restore({signal.SIGTERM: before})


@contextlib.contextmanager
def uninterrupted(*, forget: bool = False) -> Iterator[None]:
    """Who interrupts the block is heard when it has ended, or with ``forget`` not at all."""
    if not _is_main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(number)) for number in SIGNALS
    }
    try:
        yield
    finally:
        _restore(before)
        for number in () if forget else came[:1]:
            signal.raise_signal(number)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        if handler is not None:  # one that was not set from Python cannot be set again
            signal.signal(number, handler)
