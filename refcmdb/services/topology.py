"""Devices as a graph: how far each is from one, and which it alone connects with the network."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclasses.dataclass(frozen=True, slots=True)
class Surroundings:
    """What was seen around ``root``: distances, cables, and devices nobody looked beyond."""

    root: int
    distances: dict[int, int]
    links: dict[int, set[int]]
    edge: frozenset[int]

    def cut_off(self, device: int, ways_out: Collection[int]) -> bool | None:
        """Whether the device reaches none of ``ways_out`` without the root; None: not seen."""
        seen, waiting = {self.root, device}, [device]
        while waiting:
            here = waiting.pop()
            if here in ways_out:
                return False
            further = self.links[here] - seen
            seen |= further
            waiting += further
        return None if self.edge & seen else True


class Exploration:
    """Looks around a device, a distance at a time; ``most`` devices are enough."""

    def __init__(self, root: int, *, most: int) -> None:
        self._most, self._root = most, root
        self.distances = {root: 0}
        self.nearest = [root]
        self.truncated = False
        self._links: defaultdict[int, set[int]] = defaultdict(set)

    def take(self, pairs: Iterable[tuple[int, int]]) -> None:
        """The neighbours of ``nearest``; these become ``nearest``."""
        distance = self.distances[self.nearest[0]] + 1
        found: list[int] = []
        for near, far in sorted(pairs):
            if far not in self.distances:
                if len(self.distances) > self._most:
                    self.truncated = True
                    continue
                self.distances[far] = distance
                found.append(far)
            self._links[near].add(far)
            self._links[far].add(near)
        self.nearest = found

    def ended(self) -> Surroundings:
        """What was seen; the nearest that nobody looked beyond are its edge."""
        everybody = frozenset(self.distances)
        edge = everybody if self.truncated else frozenset(self.nearest)
        return Surroundings(self._root, self.distances, dict(self._links) | {}, edge)
