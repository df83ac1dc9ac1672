"""Answers in this process, for as long as Redis is away: the least recently used ones give way."""

from __future__ import annotations

from collections import OrderedDict

MOST_BYTES = 32 * 1024 * 1024
MOST_ENTRIES = 10_000


class LocalAnswers:
    """Answers by key, each good for one state of the database."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, most_entries: int = MOST_ENTRIES) -> None:
        self._most_bytes, self._most_entries = most_bytes, most_entries
        self._entries: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, state: bytes) -> bytes | None:
        """The answer that was computed in this ``state``."""
        entry = self._entries.get(key)
        if entry is None or entry[0] != state:
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def put(self, key: str, state: bytes, body: bytes) -> list[str]:
        """Keep an answer; the keys of those that gave way to it."""
        self._drop(key)
        self._entries[key] = (state, body)
        self.size_bytes += len(body)
        gone = []
        while self.size_bytes > self._most_bytes or len(self._entries) > self._most_entries:
            gone.append(next(iter(self._entries)))
            self._drop(gone[-1])
        return gone

    def clear(self) -> None:
        """Forget all of them."""
        self._entries.clear()
        self.size_bytes = 0

    def _drop(self, key: str) -> None:
        _, body = self._entries.pop(key, (b"", b""))
        self.size_bytes -= len(body)
