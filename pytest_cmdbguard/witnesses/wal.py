"""PostgreSQL's own log of writes (WAL): in which tables of a database anything was written."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_INSTALL = """
create schema if not exists cmdbguard;
create extension if not exists pg_walinspect schema cmdbguard
"""
# A message, because what asynchronous commits wrote can only be read once it is flushed; it is
# no transaction, so PostgreSQL's snapshot stays as it is. The argument came with version 17.
_FLUSH = "select pg_logical_emit_message(false, 'cmdbguard', '', true)"
_POSITION = "select pg_current_wal_flush_lsn()::text"
# Without a transaction's id stands what tidies up and changes no row.
_WRITTEN = text("""
select distinct relfilenode::bigint
from cmdbguard.pg_get_wal_block_info(cast(:since as pg_lsn), cast(:until as pg_lsn), false)
where reldatabase = (select oid from pg_database where datname = current_database())
  and resource_manager in ('Heap', 'Heap2') and relforknumber = 0 and xid::text <> '0'
""")


class WriteAheadLog:
    """Reads the log of the server behind ``engine`` by the extension pg_walinspect.

    ``readable`` says whether that is possible: the extension is there, the server is 17 or newer.
    """

    def __init__(self, engine: Engine) -> None:
        self.readable = False
        with suppress(DBAPIError), engine.connect() as connection:
            for statement in (*_INSTALL.split(";"), _FLUSH):
                connection.execute(text(statement))
            self.readable = True

    def position(self, connection: Connection) -> str:
        """How far the log is written: all that was committed lies before it; empty if unknown."""
        if not self.readable:
            return ""
        connection.execute(text(_FLUSH))
        return str(connection.scalar(text(_POSITION)))

    def written(self, connection: Connection, since: str, until: str) -> frozenset[int] | None:
        """The ``relfilenode`` of every table that was written, also in vain, between positions.

        What was created or truncated shows as a write to the catalogue. Returns: None when the
        log cannot tell, for instance because the server has recycled it.
        """
        try:
            return frozenset(connection.scalars(_WRITTEN, {"since": since, "until": until}).all())
        except DBAPIError:
            return None
