"""What people said of alerts: silence until, acknowledged. The change log is where it is kept."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import functools
import logging
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import sqlalchemy as sa

from refcmdb.models import changes
from refcmdb.services.database import PING_WAIT_S, Statement, compiled

if TYPE_CHECKING:
    from refcmdb.services.database import Database

log = logging.getLogger(__name__)

OBJECT_TYPE = "alerts"
SILENCE, ACKNOWLEDGE = "silence", "acknowledge"


class Said(msgspec.Struct):
    """The content of a row of the change log; ``until`` is of silences."""

    name: str
    until: dt.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What counts of a rule at the moment."""

    silenced_until: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody is to be told now."""
        return self.silenced_until is not None and self.silenced_until > dt.datetime.now(dt.UTC)

    def acknowledges(self, since: dt.datetime | None) -> bool:
        """Whether somebody knows of an alert that fires ``since`` then."""
        return None not in {since, self.acknowledged_at} and self.acknowledged_at >= since  # type: ignore[operator] # None was excluded


class Marks:
    """The marks of all rules, by number, as this instance knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Mark] = {}

    def of(self, number: int) -> Mark:
        """The mark of a rule."""
        return self._known.get(number, Mark())

    async def refresh(self) -> None:
        """Read what others said; without PostgreSQL, or a connection, what is known stays."""
        try:
            async with asyncio.timeout(PING_WAIT_S):
                rows = await self._database.fetch(_newest(), {"type": OBJECT_TYPE})
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("silences are not read, PostgreSQL is away: %s", type(error).__name__)
            return
        said: dict[int, dict[str, Any]] = {}
        for number, action, after, time in rows:
            of_rule = said.setdefault(number, {})
            if action == ACKNOWLEDGE:
                of_rule["acknowledged_at"] = time
            else:
                of_rule["silenced_until"] = msgspec.json.decode(after, type=Said).until
        self._known = {number: Mark(**of_rule) for number, of_rule in said.items()}


@functools.cache
def _newest() -> Statement:
    """The last word of each kind on each rule."""
    each = (changes.c.object_id, changes.c.action)
    return compiled(
        sa.select(*each, changes.c.after, changes.c.time)
        .where(changes.c.object_type == sa.bindparam("type", type_=sa.Text))
        .distinct(*each)
        .order_by(*each, changes.c.id.desc())
    )
