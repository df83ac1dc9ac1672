"""Statements that took long: their text, never their values, and the plans they run by."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from refcmdb.services.pool import Connection

Node = dict[str, Any]

MOST = 50
# What the text of a plan holds of the values: strings and numbers. Places of values ($1) stay.
_VALUES = re.compile(r"'(?:[^']|'')*'|(?<![\w$.])-?\d[\d.]*\b")


@dataclasses.dataclass(slots=True)
class SlowQuery:
    """A statement that was slow; ``arguments`` are those of its worst call and are never shown."""

    text: str
    calls: int = 0
    total_s: float = 0.0
    worst_s: float = 0.0
    arguments: Sequence[object] = dataclasses.field(default=(), repr=False)


class SlowQueries:
    """The statements that took longest, at most MOST of them."""

    def __init__(self, threshold_s: float) -> None:
        self.threshold_s, self.calls = threshold_s, 0
        self._queries: dict[str, SlowQuery] = {}

    def notice(self, text: str, arguments: Sequence[object], elapsed_s: float) -> None:
        """Take note of a statement that ran, if it was slow.

        What asks for a plan reads nothing, and has no plan of its own.
        """
        if elapsed_s < self.threshold_s or text.startswith("EXPLAIN "):
            return
        self.calls += 1
        query = self._queries.setdefault(text, SlowQuery(text))
        query.calls += 1
        query.total_s += elapsed_s
        if elapsed_s > query.worst_s:
            query.worst_s, query.arguments = elapsed_s, tuple(arguments)
        if len(self._queries) > MOST:
            del self._queries[min(self._queries.values(), key=lambda each: each.worst_s).text]

    def worst(self, number: int) -> list[SlowQuery]:
        """The ``number`` statements that took the most time altogether, the most first."""
        return sorted(self._queries.values(), key=lambda query: -query.total_s)[:number]


async def plan_of(connection: Connection, query: SlowQuery) -> Node:
    """The plan that PostgreSQL makes of the worst call now; the statement does not run."""
    explain = f"EXPLAIN (FORMAT JSON, VERBOSE) {query.text}"
    (row,) = await connection.fetch(explain, *query.arguments)
    plan: Node = json.loads(row[0])[0]["Plan"]
    return plan


def nodes(plan: Node) -> Iterator[tuple[int, Node]]:
    """Every node with its depth, from the top."""
    stack = [(0, plan)]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        stack += [(depth + 1, child) for child in reversed(node.get("Plans", []))]


def shown(plan: Node) -> list[str]:
    """The plan as lines, without any value of a request."""
    return [f"{'  ' * depth}{_line(node)}" for depth, node in nodes(plan)]


def _line(node: Node) -> str:
    words = [node["Node Type"]]
    words += [f"using {node['Index Name']}"] if "Index Name" in node else []
    words += [f"on {node['Relation Name']}"] if "Relation Name" in node else []
    words.append(f"(cost {node['Total Cost']:.0f}, rows {node['Plan Rows']:.0f})")
    words += [
        f"{key.lower()} {_VALUES.sub('?', str(node[key]))}"
        for key in ("Index Cond", "Filter", "Sort Key")
        if key in node
    ]
    return " ".join(words)
