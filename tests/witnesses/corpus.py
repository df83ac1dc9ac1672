"""Call sites as they are written in real programs: some let input become SQL, some do not.

Every one takes a connection and one text from a request. What PostgreSQL refuses is an error of
the request, as it would be in a program: the caller swallows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import column, create_engine, select, table, text

Connection = psycopg.Connection[Any]
CallSite = Callable[[Connection, str], object]

SCHEMA = """
create table device (
  id int primary key, name text, address inet, attributes jsonb default '{}', "Rack" text
);
insert into device (id, name, address)
  select n, 'device-' || n, '10.0.0.1' from generate_series(1, 50) n;
create table saved_search (id serial primary key, pattern text);
create function find_unsafe(wanted text) returns bigint language plpgsql as $f$
  declare found bigint;
  begin
    execute 'select count(*) from device where name = ''' || wanted || '''' into found;
    return found;
  end $f$;
create function find_swallowing(wanted text) returns bigint language plpgsql as $f$
  declare found bigint;
  begin
    execute 'select count(*) from device where name = ''' || wanted || '''' into found;
    return found;
  exception when others then return 0;
  end $f$;
create function find_safe(wanted text) returns bigint language plpgsql as $f$
  declare found bigint;
  begin
    execute format('select count(*) from device where name = %L', wanted) into found;
    return found;
  end $f$;
"""


def string(connection, value):
    return connection.execute(f"select * from device where name = '{value}'")


def number(connection, value):
    return connection.execute(f"select * from device where id = {value}")


def order_by(connection, value):
    return connection.execute(f"select id, name from device order by {value} limit 5")


def order_by_direction(connection, value):
    return connection.execute(f"select id, name from device order by name {value} limit 5")


def like(connection, value):
    return connection.execute(f"select * from device where name like '%{value}%' limit 5")


def hand_quoted_number(connection, value):
    return connection.execute(
        "select * from device where id = {}".format(value.replace("'", "''"))
    )


def hand_quoted_escape_string(connection, value):
    return connection.execute(
        "select * from device where name = E'{}'".format(value.replace("'", "''"))
    )


def backslash_quoted(connection, value):
    return connection.execute(
        "select * from device where name = '{}'".format(value.replace("'", "\\'"))
    )


def quoted_column(connection, value):
    return connection.execute(f'select "{value}" from device limit 5')


def nested_execute(connection, value):
    return connection.execute("select find_unsafe(%s)", [value])


def nested_swallowed(connection, value):
    return connection.execute("select find_swallowing(%s)", [value])


def insert(connection, value):
    return connection.execute(f"insert into saved_search (pattern) values ('{value}')")


def update(connection, value):
    return connection.execute(f"update device set name = name where name = '{value}'")


def dollar_quoted(connection, value):
    return connection.execute(f"select * from device where name = $q${value}$q$")


def bare_dollar_quoted(connection, value):
    return connection.execute(f"select * from device where name = $${value}$$")


def in_list(connection, value):
    return connection.execute(f"select * from device where name in ('{value}', 'b')")


def parenthesised(connection, value):
    return connection.execute(f"select * from device where (lower(name) = lower('{value}'))")


def limit(connection, value):
    return connection.execute(f"select * from device limit {value}")


def upper_cased(connection, value):
    return connection.execute(f"select * from device where upper(name) = '{value.upper()}'")


def swallowed_error(connection, value):
    return connection.execute(
        f"select 1 where exists (select from device where name = '{value}' and 1 / 0 > 1)"
    )


def second_order(connection, value):
    connection.execute("insert into saved_search (pattern) values (%s)", [value])
    row = connection.execute("select pattern from saved_search order by id desc").fetchone()
    return connection.execute(f"select * from device where name like '{row[0]}'")


def short_escape_string(connection, value):
    if len(value) > 30:
        raise ValueError("too long")
    return connection.execute(f"select * from device where name = E'{value}'")


def json_path_text(connection, value):
    return connection.execute(f"select attributes->>'{value}' from device limit 1")


def in_comment(connection, value):
    return connection.execute(f"select 1 /* asked for {value} */")


VULNERABLE: list[CallSite] = [
    string,
    number,
    order_by,
    order_by_direction,
    like,
    hand_quoted_number,
    hand_quoted_escape_string,
    backslash_quoted,
    quoted_column,
    nested_execute,
    nested_swallowed,
    insert,
    update,
    dollar_quoted,
    bare_dollar_quoted,
    in_list,
    parenthesised,
    limit,
    upper_cased,
    swallowed_error,
    second_order,
    json_path_text,
    in_comment,
]
# It takes no more text than a single breaker needs.
VULNERABLE_FULL: list[CallSite] = [short_escape_string]


def bind(connection, value):
    return connection.execute("select * from device where name = %s", [value])


def client_literal(connection, value):
    return connection.execute(
        sql.SQL("select * from device where name = {}").format(sql.Literal(value))
    )


def client_cursor(connection, value):
    with psycopg.ClientCursor(connection) as cursor:
        return cursor.execute("select * from device where name = %s", [value])


def like_bind(connection, value):
    return connection.execute("select * from device where name like %s", [f"%{value}%"])


def json_key(connection, value):
    return connection.execute("select attributes->>%s from device limit 1", [value])


def json_document(connection, value):
    return connection.execute(
        sql.SQL("select {}::jsonb").format(sql.Literal(json.dumps({"name": value})))
    )


def identifier(connection, value):
    return connection.execute(
        sql.SQL("select {} from device").format(sql.Identifier(value.replace("%", "")))
    )


def alchemy_column(connection, value):
    """SQLAlchemy leaves a legal lower-case name without quotes."""
    wanted = [column(part) for part in value.split(",")]
    return connection.execute(str(select(*wanted).select_from(table("device"))).replace("%", ""))


def alchemy_word(connection, value):
    word = "".join(c for c in value if c.isalnum())
    return connection.execute(f"select lower({word}) from device")


def integer_cast(connection, value):
    return connection.execute("select * from device where id = %s::int", [value])


def inet_cast(connection, value):
    return connection.execute("select * from device where address = %s::inet", [value])


def format_literal(connection, value):
    return connection.execute("select find_safe(%s)", [value])


def any_list(connection, value):
    return connection.execute("select * from device where name = any(%s)", [value.split(",")])


def expanding_in_list(connection, value):
    parts = value.split(",")
    marks = ", ".join(["%s"] * len(parts))
    return connection.execute(f"select * from device where name in ({marks})", parts)


def full_text(connection, value):
    return connection.execute("select to_tsquery('simple', %s)", [value])


def regular_expression(connection, value):
    return connection.execute("select * from device where name ~ %s", [value])


def json_path(connection, value):
    return connection.execute("select jsonb '{}' @? %s::jsonpath", [value])


def stored(connection, value):
    connection.execute("insert into saved_search (pattern) values (%s)", [value])
    return connection.execute("select pattern from saved_search order by id desc limit 1")


def tagged_comment(connection, value):
    """As sqlcommenter does: request data in a comment, percent-encoded."""
    tag = "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in value)
    return connection.execute(f"select 1 /* route='{tag}' */".encode())


def dynamic_setting(connection, value):
    return connection.execute("select set_config('application_name', %s, false)", [value[:60]])


def copied(connection, value):
    with connection.cursor().copy("copy saved_search (pattern) from stdin") as copy:
        copy.write_row([value])


def integer_only(connection, value):
    return connection.execute(f"select * from device where id = {int(value)}")


def chosen(connection, value):
    columns = {"name": "name", "id": "id"}
    return connection.execute(f"select id from device order by {columns.get(value, 'id')}")


def alchemy_text(connection, value):
    statement = text("select * from device where name = :name").bindparams(name=value)
    dialect = create_engine("postgresql+psycopg://").dialect
    compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return connection.execute(str(compiled).encode())


SOUND: list[CallSite] = [
    bind,
    client_literal,
    client_cursor,
    like_bind,
    json_key,
    json_document,
    identifier,
    alchemy_column,
    alchemy_word,
    integer_cast,
    inet_cast,
    format_literal,
    any_list,
    expanding_in_list,
    full_text,
    regular_expression,
    json_path,
    stored,
    tagged_comment,
    dynamic_setting,
    copied,
    integer_only,
    chosen,
    alchemy_text,
]
