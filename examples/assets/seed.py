"""Fills an empty database: the schema, and so many assets shared out to two tenants."""

import sys

import psycopg

SCHEMA = """
    create table assets (
      id bigint generated always as identity primary key,
      tenant text not null,
      name text collate "C" not null
    );
    create index on assets (tenant, name)
"""
ASSETS = """
    insert into assets (tenant, name)
    select (array['north', 'south'])[1 + mod(n, 2)], md5(n::text) from generate_series(1, %s) n
"""

with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    connection.execute(SCHEMA)
    connection.execute(ASSETS, [int(sys.argv[2])])
