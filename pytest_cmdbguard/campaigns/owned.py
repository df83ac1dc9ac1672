"""One object whose owner is known."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import GuardError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.witnesses.rows import Place, RowWitness


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An object of a known owner.

    ``item_path`` is the template under which it is read (``/devices/{id}``), ``fields`` what
    the target says it holds, ``marks`` the tokens by the fields that ``owner`` alone sent.
    """

    item_path: str
    id: Any
    owner: Actor
    fields: Mapping[str, Any]
    marks: Mapping[str, str]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens it carries, at least one."""
        return tuple(self.marks.values())

    @property
    def parameter(self) -> str:
        """The name of the path parameter that carries the id."""
        return self.item_path.rpartition("{")[2].rstrip("}")

    @property
    def collection_path(self) -> str:
        """The path it was created at."""
        return self.item_path.rpartition("/")[0]

    def row(self, rows: RowWitness) -> Place:
        """The row that holds it, not one that merely tells of it (a change log).

        A change log counts for itself and may come to the same id: where one of the rows has the
        token in a column of the field's name, that is the one.

        Raises: GuardError if no row with its id holds its token.
        """
        for name, token in self.marks.items():
            found = rows.find_row(token, self.id) or [
                p for p in rows.find_token(token) if str(self.id) in dict(p.key).values()
            ]
            if found:
                return next((place for place in found if place.column == name), found[0])
        tokens = ", ".join(self.tokens)
        raise GuardError(f"no row with id {self.id} holds the token {tokens}")
