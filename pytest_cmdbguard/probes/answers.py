"""Answers of servers that may be hostile, broken or busy: bounded, and waited for in bounds."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse

    from pytest_cmdbguard.model import Exchange

LARGEST_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 256 * 1024
# What a busy server asks for when it does not say how long.
_USUAL_WAIT_S = 1.0
_MOST_HANGS = 3


class Patience:
    """What a client may still wait for: a server that is busy, restarts or hangs.

    Args:
        seconds: for all requests of the client together; 0 is none at all.
    """

    def __init__(self, seconds: float) -> None:
        self._left_s = seconds
        self._hangs = _MOST_HANGS if seconds else 0

    def wait(self, seconds: float) -> bool:
        """Sleep so long; False, at once, where that is more than what is left."""
        if seconds > self._left_s:
            return False
        self._left_s -= seconds
        time.sleep(seconds)
        return True

    def bears_hang(self) -> bool:
        """Whether another request may stay without an answer."""
        self._hangs -= 1
        return self._hangs >= 0


def read_body(response: BaseHTTPResponse, *, deadline: float) -> tuple[bytes, str]:
    """The decoded body as far as it is wanted, and why it is not all of it; empty if it is.

    At most :data:`LARGEST_BYTES` of it, decompressed, so that no answer fills the memory, and
    nothing after the deadline (of ``time.monotonic``), so that none is endless.
    """
    pieces: list[bytes] = []
    cut, size = "", 0
    try:
        while piece := response.read1(_PIECE_BYTES, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if cut := _limit(size, deadline):
                break
        else:
            response.read()  # gives the connection back
    except DecodeError:
        cut = f"it is not {response.headers.get('content-encoding')}, as it says"
    except ReadTimeoutError:
        cut = "it stopped before its end"
    except (HTTPError, OSError) as error:
        cut = f"the connection broke: {type(error).__name__}"
    if cut:
        response.close()
    return b"".join(pieces), cut


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Seconds that a 429 or 503 asks to wait (RFC 9110, 10.2.3), by the server's own clock."""
    told = headers.get("retry-after", "").strip()
    if told.isdigit():
        return float(told)
    try:
        until, now = parsedate_to_datetime(told), parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return _USUAL_WAIT_S


def _limit(size: int, deadline: float) -> str:
    if size > LARGEST_BYTES:
        return f"it is larger than {LARGEST_BYTES // 1024**2} MiB"
    return "it did not end in time" if time.monotonic() > deadline else ""


def object_in(exchange: Exchange) -> dict[str, Any]:
    """The JSON object in an answer, empty when there is none."""
    try:
        found = json.loads(exchange.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
