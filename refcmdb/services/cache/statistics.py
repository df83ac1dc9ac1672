"""What the cache did, by namespace: the first word of a key."""

from __future__ import annotations

import collections
import dataclasses


@dataclasses.dataclass(slots=True)
class Counts:
    """Since the process began. ``shared`` misses were served what another request computed;
    ``evictions`` made room in this process; ``errors`` are calls of Redis that failed, ``away``
    the lookups, hits or not, that it did not answer.
    """

    hits: int = 0
    misses: int = 0
    shared: int = 0
    stores: int = 0
    too_large: int = 0
    evictions: int = 0
    errors: int = 0
    away: int = 0

    @property
    def hit_ratio(self) -> float | None:
        """0 to 1; None before anybody asked."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


class Statistics:
    """Counts that appear with the first key of their namespace."""

    def __init__(self) -> None:
        self._counts: collections.defaultdict[str, Counts] = collections.defaultdict(Counts)

    def of(self, key: str) -> Counts:
        """Those of the key's namespace."""
        return self._counts[key.partition(":")[0]]

    def total(self) -> Counts:
        """Those of all namespaces."""
        added = (
            sum(getattr(counts, field.name) for counts in self._counts.values())
            for field in dataclasses.fields(Counts)
        )
        return Counts(*added)

    def told(self) -> dict[str, Counts]:
        """As they are now, by namespace."""
        return {name: dataclasses.replace(counts) for name, counts in self._counts.items()}
