"""The address list's ``dns_name`` is bound, and a function of the database puts it into the text
of another statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from refcmdb.faults.queries import before_page, take_any_text
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.faults.planting import Query

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "ip_addresses_list"


FUNCTION = """
CREATE OR REPLACE FUNCTION pg_temp.named(wanted text) RETURNS bigint LANGUAGE plpgsql AS $f$
  DECLARE found bigint;
  BEGIN
    EXECUTE 'SELECT count(*) FROM ip_addresses WHERE dns_name = ''' || wanted || '''' INTO found;
    RETURN found;
  END $f$
"""


def plant() -> None:
    """The outer statement is as it should be."""
    take_any_text("ip_addresses", "dns_name")

    async def count(backend: Backend, query: Query) -> None:
        if query.dns_name is UNSET:
            return
        async with backend.database.session() as session:
            await session.fetch(Statement(FUNCTION, ()), {})
            call = Statement("SELECT pg_temp.named($1::text)", ("name",))
            await session.fetch(call, {"name": query.dns_name})

    before_page("ip_addresses", count)
