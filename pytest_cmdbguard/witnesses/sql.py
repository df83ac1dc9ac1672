"""The SQL witness: every statement that PostgreSQL received, planned or refused.

It reads the server's own log through SQL, so it works alike for a process, a container and a
server elsewhere.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, CursorResult, Row, text
from sqlalchemy.exc import DBAPIError

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.witnesses import telemetry
from pytest_cmdbguard.witnesses.database import APPLICATION, connect
from pytest_cmdbguard.witnesses.jsonlog import TRIPWIRE, Statement, statements
from pytest_cmdbguard.witnesses.logtail import LogTail, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


__all__ = ["Mark", "SqlWitness", "Statement", "Totals"]

# IMMUTABLE, so that the planner folds it: it fires without rows and without a truth value.
_INSTALL = f"""
create schema if not exists cmdbguard;
grant usage on schema cmdbguard to public;
create or replace function cmdbguard.tripwire(token text) returns boolean
  language plpgsql immutable parallel safe
  as $$ begin raise log '{TRIPWIRE}%', token; return true; end $$;
grant execute on function cmdbguard.tripwire(text) to public;
create extension if not exists pg_stat_statements schema cmdbguard
"""
# Whether there are functions, of sessions too, whose text may become a statement of its own.
_HAS_CODE = text(
    "select exists (select from pg_proc p join pg_namespace n on n.oid = pronamespace"
    " join pg_language l on l.oid = prolang where lanname not in ('internal', 'c', 'sql')"
    " and nspname not in ('pg_catalog', 'information_schema', 'cmdbguard'))"
)
# Statements that bring such code along, and functions of PostgreSQL that run a text.
_BRINGS_CODE = re.compile(
    r"\bdo\s*(?:\$|'|language\b)|\bcreate\s+(?:or\s+replace\s+)?(?:function|procedure)\b"
    r"|\b(?:query_to_\w+|ts_stat|ts_rewrite|crosstab\w*|connectby)\s*\(",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What all applications together have asked of this database so far; subtract two."""

    calls: int
    ms: float

    def __sub__(self, earlier: Totals) -> Totals:
        return Totals(calls=self.calls - earlier.calls, ms=self.ms - earlier.ms)


class SqlWitness:
    """Watches one database; its own statements are never among what it reports.

    Args:
        admin_url: of a superuser, for the database that is watched.
    Raises: ServiceError if nothing listens there.
    """

    def __init__(self, admin_url: str) -> None:
        self._engine = connect(admin_url)
        self._forgotten = Totals(calls=0, ms=0.0)
        self._has_code = self._is_quiet = False
        with self._engine.connect() as connection:
            self._database = str(connection.scalar(text("select current_database()")))
        self._needle = json.dumps(self._database, ensure_ascii=False).encode()

    def install(self) -> None:
        """Put the tripwire and the statement statistics in place and the telemetry in force.

        Raises: ServiceError if a setting is missing that needs a restart of the server.
        """
        telemetry.require_collector(self._engine)
        with self._engine.connect() as connection:
            _as_it_is(connection, _INSTALL)
        telemetry.put_in_force(self._engine, telemetry.TELEMETRY)

    def mark(self) -> Mark:
        """The end of what was logged so far; everything earlier lies before it.

        From here on the statements of code in the database are told, too, if there is any.
        """
        with self._engine.connect() as connection:
            self._show_nested(connection)
            tail = LogTail(connection)
            collections.deque(tail.lines_until_barrier(), maxlen=0)
            return tail.mark

    def since(self, mark: Mark) -> list[Statement]:
        """What other applications sent to this database after the mark, in the log's order.

        Raises: ServiceNotReady if the log does not catch up within 10 s.
        """
        return self.read(mark)[0]

    def read(self, mark: Mark) -> tuple[list[Statement], Mark]:
        """As :meth:`since`, and the mark from which to read on."""
        with self._engine.connect() as connection:
            tail = LogTail(connection, mark)
            lines = tail.lines_until_barrier()
            found = [statement for line in lines for statement in self._foreign(line)]
            if not self._has_code and any(_BRINGS_CODE.search(one.text) for one in found):
                self._has_code = True
                self._show_nested(connection)
            return found, tail.mark

    def forget(self) -> None:
        """Clear this database's statement statistics; call it before probes are sent.

        They keep the first text of statements that differ in constants and aliases only: without
        this, :meth:`visible` would miss a statement that an earlier run sent with other tokens.
        """
        self._forgotten = self.totals()
        self._statistics("select {schema}.pg_stat_statements_reset(0, oid, 0) from {database}")

    def visible(self, tokens: Iterable[str]) -> dict[str, str]:
        """Per token the normalised statement text that shows it, for those that one shows.

        pg_stat_statements replaces constants by ``$n``: what is still visible of a request stood
        outside a constant, in an identifier or in a comment. Texts are lower- or upper-case as
        the application sent them; tokens are compared without regard to case.
        """
        wanted = {token.lower() for token in tokens}
        shown = self.shown("|".join(map(re.escape, sorted(wanted)))) if wanted else {}
        return {token: text for token, text in shown.items() if token in wanted}

    def shown(self, pattern: str) -> dict[str, str]:
        """As :meth:`visible`, for every lower-case text that matches a regular expression."""
        rows = self._statistics(
            "select query from {schema}.pg_stat_statements join {database} on dbid = oid"
            " where query ~* :pattern",
            pattern=pattern,
        )
        found = re.compile(pattern, re.IGNORECASE)
        return {token.lower(): shown for (shown,) in rows for token in found.findall(shown)}

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Statements are not logged inside the block (performance is measured there).

        pg_stat_statements keeps counting: production has it too, and :meth:`totals` needs it.
        """
        self._is_quiet = True
        try:
            with telemetry.quiet(self._engine):
                yield
        finally:
            self._is_quiet = False

    def totals(self) -> Totals:
        """Statements of other applications and the time PostgreSQL spent on them, in ms."""
        rows = self._statistics(
            "select coalesce(sum(calls), 0), coalesce(sum(total_exec_time + total_plan_time), 0)"
            " from {schema}.pg_stat_statements join {database} on dbid = oid where toplevel"
        )
        calls, ms = rows[0]
        forgotten = self._forgotten
        return Totals(calls=forgotten.calls + int(calls), ms=forgotten.ms + float(ms))

    def in_database_ms(self) -> float:
        """Milliseconds PostgreSQL has spent on statements of other applications so far."""
        return self.totals().ms

    def close(self) -> None:
        """Give the connections back; harmless when done twice."""
        self._engine.dispose()

    def _show_nested(self, connection: Connection) -> None:
        if self._is_quiet:
            return
        self._has_code = self._has_code or bool(connection.scalar(_HAS_CODE))
        if self._has_code:
            telemetry.put_in_force(self._engine, telemetry.NESTED)

    def _statistics(self, query: str, **values: str) -> Sequence[Row[*tuple[Any, ...]]]:
        """Rows of pg_stat_statements, in whichever schema its owner put it."""
        schema = text(
            "select quote_ident(nspname) from pg_extension e join pg_namespace n"
            " on n.oid = e.extnamespace where extname = 'pg_stat_statements'"
        )
        database = "(select oid from pg_database where datname = current_database()) as d"
        with self._engine.connect() as connection:
            where = connection.scalar(schema)
            if where is None:
                raise ServiceError("PostgreSQL", "pg_stat_statements is missing: install() first")
            return connection.execute(
                text(query.format(schema=where, database=database)), values
            ).all()

    def _foreign(self, line: bytes) -> Iterator[Statement]:
        # json.loads costs more than this search, and most lines of a shared server are others'.
        if self._needle not in line:
            return
        record = json.loads(line.decode("utf-8", "replace"))
        same = record.get("dbname") == self._database
        if same and record.get("application_name") != APPLICATION:
            yield from statements(record)


def _as_it_is(connection: Connection, statement: str) -> CursorResult[Any]:
    """Run a text in which neither ``%`` nor ``:`` is a placeholder."""
    try:
        return connection.execution_options(no_parameters=True).exec_driver_sql(statement)
    except DBAPIError as error:
        raise ServiceError("PostgreSQL", str(error.orig).splitlines()[0]) from error
