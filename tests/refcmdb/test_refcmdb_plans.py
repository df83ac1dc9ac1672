"""No documented filter, sort or search of a large table needs to read it from end to end.

The server of the tests has ``enable_seqscan`` off: what still reads a table has no index.
"""

from __future__ import annotations

import asyncio
import itertools

import asyncpg
import pytest

from refcmdb.api import statements
from refcmdb.api.registry import RESOURCES

LARGE = ("devices", "interfaces", "ip_addresses", "cables", "changes")


def shapes(resource):
    searches = (False, True) if resource.searched else (False,)
    filters = [(), *((name,) for name in resource.filters)]
    sorts = [sign + sort for sort in resource.sorts for sign in ("", "-")]
    for chosen, sort, scoped, searching, following in itertools.product(
        filters, sorts, (False, True), searches, (False, True)
    ):
        yield statements.Shape(
            sort=sort,
            filters=chosen,
            sight=statements.Sight(scoped=scoped),
            searching=searching,
            following=following,
        )


def values_for(row, shape: statements.Shape) -> dict:
    values = {f"is_{name}": row[name] for name in shape.filters}
    if "is_custom" in values:
        values["is_custom"] = [values["is_custom"]]
    values |= {"after_value": row[shape.sort.removeprefix("-")], "after_id": row["id"]}
    return values | {"scope": row["tenant_id"], "q": "%001%", "limit": 51}


async def plans_of(url: str, name: str) -> list[tuple[statements.Shape, str]]:
    resource, plans = RESOURCES[name], []
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow(f"SELECT * FROM {name} LIMIT 1")
    for shape in shapes(resource):
        statement = statements.page(resource, shape)
        values = values_for(row, shape)
        arguments = [values[value] for value in statement.names]
        lines = await connection.fetch(f"EXPLAIN {statement.text}", *arguments)
        plans.append((shape, "\n".join(line for (line,) in lines)))
    await connection.close()
    return plans


@pytest.mark.parametrize("name", LARGE)
def test_every_list_of_a_large_table_is_served_by_an_index(name, seeded_database):
    plans = asyncio.run(plans_of(seeded_database, name))
    wanting = [
        (shape, table)
        for shape, plan in plans
        for table in LARGE
        if f"Seq Scan on {table}" in plan
    ]
    assert wanting == []
