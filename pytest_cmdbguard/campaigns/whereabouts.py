"""Which operation and which input of it a scanner means by the URL and name that it reports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.answers import Alert
    from pytest_cmdbguard.model import Operation, Parameter


class Whereabouts:
    """Finds places of the document.

    Args:
        operations: all of the target.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        # a path without parameters is the better match: /devices/export before /devices/{id}
        ordered = sorted(operations, key=lambda operation: operation.path.count("{"))
        self._patterns = [(_pattern(operation.route), operation) for operation in ordered]

    def operation(self, alert: Alert) -> Operation | None:
        """The one that answers such a request, or None; templates of paths count as paths."""
        path = "/" + urlsplit(alert.url).path.lstrip("/")
        method = alert.method.upper()
        return next(
            (
                operation
                for pattern, operation in self._patterns
                if operation.method == method
                and (pattern.fullmatch(path) or operation.route == path)
            ),
            None,
        )

    def points(self, alert: Alert, operation: Operation) -> tuple[Parameter, ...]:
        """The inputs that an alert is about; all of the operation where it names none.

        Scanners call a field of a body by its last name, and a part of a path by its value.
        """
        points = injection_points(operation)
        if not alert.parameter:
            return points
        named = [point for point in points if _is_called(point, alert.parameter)]
        return tuple(named or self._in_path(alert, operation, points))

    def _in_path(
        self, alert: Alert, operation: Operation, points: Sequence[Parameter]
    ) -> list[Parameter]:
        match = _pattern(operation.route).fullmatch(urlsplit(alert.url).path)
        values = match.groups() if match else ()
        names = re.findall(r"\{([^{}]+)\}", operation.path)
        meant = {
            name for name, value in zip(names, values, strict=False) if value == alert.parameter
        }
        return [point for point in points if point.location == "path" and point.name in meant]


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^{}]+\}", path)
    return re.compile("([^/]+)".join(map(re.escape, parts)))


def _is_called(point: Parameter, name: str) -> bool:
    if point.location == "body":
        return name in {point.name, point.name.rpartition("/")[2]}
    same_case = point.location != "header"
    return point.name == name if same_case else point.name.lower() == name.lower()
