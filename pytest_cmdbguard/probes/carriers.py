"""Where a request can name an object: path, query filter, body reference, list of ids.

Nothing is known of any particular target: ``site_id``, ``siteId`` and ``/site/id`` name an object
of ``/sites``, ``{interface_id}`` one of ``/interfaces``, and ``ids`` those of the path itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.schemas import flattened, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_cmdbguard.model import Operation, Parameter

_BARE = {"id", "ids", "pk", "uuid", "uuids"}
_ENDING = re.compile(r"(?:[_-]?(?:pks?|ids?|uuids?)|I[dD]s?)$")
_LISTED = re.compile(r"(?:^|[/_])(?:ids|uuids|pks)(?:/0)?$|Ids(?:/0)?$|/0/(?:id|uuid|pk)$")
_PLURALS = (("ies", "y"), ("ches", "ch"), ("xes", "x"), ("sses", "ss"), ("s", ""))


class Carriers:
    """What the parameters of operations refer to.

    Args:
        collections: paths of the lists whose objects are known (``/api/v1/sites``).
    """

    def __init__(self, collections: Iterable[str]) -> None:
        self._collections = tuple(collections)
        self._words = {path: _word(path.rpartition("/")[2]) for path in self._collections}

    def in_path(self, operation: Operation) -> dict[str, str]:
        """Path parameter to the collection of the object it names, in the path's order."""
        found = {}
        for match in re.finditer(r"/\{([^{}]+)\}", operation.path):
            before, name = operation.path[: match.start()], match[1]
            named = self.named(name) or ("" if name not in _BARE else self._of_path(before))
            found[name] = before if before in self._words else named
        return {name: path for name, path in found.items() if path}

    def beside_path(self, operation: Operation) -> Iterator[tuple[Parameter, str]]:
        """Query parameters and body fields that name an object, with its collection."""
        for point in injection_points(operation):
            if point.location not in {"query", "body"} or not _may_be_id(point.schema):
                continue
            path = self._of_point(operation, point)
            if path:
                yield point, path

    def needed(self, operation: Operation) -> Iterator[tuple[tuple[str, str], str]]:
        """Places of the body, by (location, name), that must name an object; its collection."""
        for point, collection in self.beside_path(operation):
            if point.location == "body" and point.required:
                yield (point.location, point.name), collection

    def _of_point(self, operation: Operation, point: Parameter) -> str:
        parts = [part for part in point.name.split("/") if part and not part.isdigit()]
        if parts and parts[-1] in _BARE:
            if len(parts) == 1:
                return self._of_path(operation.path) if point.location == "body" else ""
            return self._with_word(_word(parts[-2]))
        return self.named(parts[-1]) if parts else ""

    def named(self, name: str) -> str:
        """The collection that a name such as ``site_id`` refers to; empty if there is none."""
        bare = _ENDING.sub("", name)
        return self._with_word(_word(bare)) if bare and bare != name else ""

    def _with_word(self, word: str) -> str:
        exact = (path for path, known in self._words.items() if known == word)
        ending = (path for path, known in self._words.items() if word.endswith(known))
        return next(exact, "") or next(ending, "")

    def _of_path(self, path: str) -> str:
        """The longest collection that a path begins with."""
        fitting = [c for c in self._collections if path == c or path.startswith(c + "/")]
        return max(fitting, key=len, default="")


def _word(name: str) -> str:
    """A name in lower case, without separators and plural."""
    plain = re.sub(r"[\W_]", "", name).lower()
    for plural, singular in _PLURALS:
        if plain.endswith(plural) and not plain.endswith("ss"):
            return plain.removesuffix(plural) + singular
    return plain


def _may_be_id(schema: Mapping[str, Any]) -> bool:
    flat = flattened(schema)
    return kind_of(flat) in {"integer", "string"} and "enum" not in flat


def names_an_object(operation: Operation) -> bool:
    """Whether a request says by an id which object it is about."""
    return "{" in operation.path or any(
        point.location == "body" and _ENDING.search(point.name)
        for point in injection_points(operation)
    )


def names_in_bulk(operation: Operation) -> bool:
    """Whether the body lists the ids of the objects that it is about."""
    return any(
        point.location == "body" and _LISTED.search(point.name)
        for point in injection_points(operation)
    )
