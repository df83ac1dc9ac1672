"""What a contact can be assigned to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.api.problems import invalid
from refcmdb.models.contacts import ASSIGNED_TO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refcmdb.services.database import Session


async def assigned_to_one_object(
    _session: Session, given: Sequence[Mapping[str, Any]], _own: Sequence[int]
) -> None:
    """An assignment names one object. Raises: Problem 422."""
    for body in given:
        named = [key for key in ASSIGNED_TO if body[key] is not None]
        if len(named) != 1:
            field = named[-1] if named else next(iter(ASSIGNED_TO))
            raise invalid(field, f"name one object, by one of {', '.join(ASSIGNED_TO)}")
