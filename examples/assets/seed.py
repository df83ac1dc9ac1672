"""Fills an empty database: the schema and so many assets for each of two tenants."""

import sys

import psycopg

with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    connection.execute(
        "create table assets (id int generated always as identity primary key,"
        " tenant text not null, name text not null)"
    )
    connection.execute(
        "insert into assets (tenant, name) select case n % 2 when 0 then 'north' else 'south' end,"
        " 'asset ' || n from generate_series(1, %s) n",
        [int(sys.argv[2])],
    )
