"""PostgreSQL: Core statements compiled to text once, run on an asyncpg pool."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from refcmdb.services.pool import CLOSE_WAIT_S, Connection, Pool
from refcmdb.services.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from refcmdb.monitoring.slow_queries import SlowQueries
    from refcmdb.settings import Settings

# What libpq reads from a URL and asyncpg would send to the server as a setting.
LIBPQ_ONLY = {
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
}
PING_WAIT_S = 2

_ARRAY_TYPES = (
    "SELECT $1::bigint[], $2::integer[], $3::text[], $4::boolean[], $5::inet[], $6::cidr[],"
    " $7::jsonb[], $8::varchar[], $9::bytea[]"
)
_dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


@dataclasses.dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with ``$1…`` and the names of the values they stand for."""

    text: str
    names: tuple[str, ...]


def compiled(expression: sa.Executable) -> Statement:
    """``expression`` as text for asyncpg; every value in it must be a named bind parameter."""
    result = expression.compile(dialect=_dialect)  # type: ignore[attr-defined]
    return Statement(str(result), tuple(result.positiontup or ()))


def bound(name: str, column: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    """A value to compare with ``column``."""
    return sa.bindparam(name, type_=_plain(column))


def bound_array(name: str, column: sa.ColumnElement[Any]) -> sa.BindParameter[Any]:
    """Several such values."""
    return sa.bindparam(name, type_=ARRAY(_plain(column)))


def _plain(column: sa.ColumnElement[Any]) -> sa.types.TypeEngine[Any]:
    """A string that is cast to a length would be cut silently."""
    return sa.Text() if isinstance(column.type, sa.String) else column.type


SNAPSHOT = Statement("SELECT pg_current_snapshot()::text", ())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """Connections that are in use, how many may be, and how many requests wait for one."""

    used: int
    most: int
    waiting: int


class Session:
    """One connection, for as long as somebody holds it."""

    def __init__(self, connection: Connection, slow: SlowQueries) -> None:
        self._connection, self._slow = connection, slow

    async def fetch(
        self, statement: Statement, values: Mapping[str, object]
    ) -> Sequence[Sequence[Any]]:
        """All rows, each a sequence in the order of the SELECT or RETURNING list."""
        arguments = [values[name] for name in statement.names]
        began = time.perf_counter()
        rows: Sequence[Sequence[Any]] = await self._connection.fetch(statement.text, *arguments)
        self._slow.notice(statement.text, arguments, time.perf_counter() - began)
        return rows

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """What is done inside is committed at the end, rolled back by an exception."""
        transaction = self._connection.transaction()
        try:
            await transaction.start()
        except BaseException:
            self._connection.terminate()  # asyncpg would take the next one for nested
            raise
        try:
            yield
        except BaseException:
            await transaction.rollback()
            raise
        await transaction.commit()


class Database:
    """The connections of a process; open it before use, close it at the end.

    ``slow`` takes note of statements that take long. A session is ``steady`` where one plan serves
    all values, as it does for numbers and digests: it is made once, which saves more than such a
    statement costs. Filters differ so much in selectivity that one plan for all is a trap, and
    sessions plan in one way or the other: so there are two kinds of connections, of which
    together no more are in use than the settings allow.
    """

    def __init__(self, settings: Settings, slow: SlowQueries) -> None:
        self._settings, self._slow = settings, slow
        self._pools = {
            steady: Pool(
                functools.partial(self._connected, steady=steady, timeout_s=settings.pool_wait_s)
            )
            for steady in (True, False)
        }
        self._turnstile = Turnstile(settings.pool_size)

    async def open(self) -> None:
        """Connect.

        Raises: OSError or asyncpg.PostgresError where the database cannot be reached.
        """
        for pool in self._pools.values():
            async with pool.connection():
                pass

    async def close(self) -> None:
        """Disconnect, soon; statements that still run are cancelled."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    async def ping(self) -> bool:
        """Whether the database answers a query; asked beside those who wait for a connection."""
        try:
            async with asyncio.timeout(PING_WAIT_S), self._pools[True].connection() as connection:
                await connection.execute("SELECT 1")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False
        return True

    async def state(self) -> bytes:
        """Something that is the same only while nothing was committed: the current snapshot."""
        ((text,),) = await self.fetch(SNAPSHOT, {})
        return str(text).encode()

    async def fetch(
        self, statement: Statement, values: Mapping[str, object], *, steady: bool = False
    ) -> Sequence[Sequence[Any]]:
        """The rows of one statement on any connection."""
        async with self.session(steady=steady) as session:
            return await session.fetch(statement, values)

    @contextlib.asynccontextmanager
    async def session(self, *, steady: bool = False) -> AsyncIterator[Session]:
        """A connection without a transaction.

        Raises: TimeoutError where nobody gives one back in time.
        """
        async with (
            self._turnstile.place(timeout_s=self._settings.pool_wait_s),
            self._pools[steady].connection() as connection,
        ):
            yield Session(connection, self._slow)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A connection in a transaction: committed at the end, rolled back by an exception."""
        async with self.session() as session, session.transaction():
            yield session

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[Connection]:
        """A connection of its own, beside the pool, for work that is no request's.

        Raises: OSError or asyncpg.PostgresError where the database cannot be reached.
        """
        connection = await self._connected(
            timeout_s=PING_WAIT_S,
            statement_cache_size=0,  # a temporary table changes what a statement means
        )
        try:
            yield connection
        finally:
            with contextlib.suppress(TimeoutError):
                await connection.close(timeout=CLOSE_WAIT_S)

    @property
    def pool(self) -> PoolState:
        """How the connections of requests do."""
        return PoolState(
            used=self._turnstile.inside,
            most=self._settings.pool_size,
            waiting=self._turnstile.waiting,
        )

    async def _connected(
        self, *, timeout_s: float, steady: bool = False, **options: int
    ) -> Connection:
        timeout_ms = str(self._settings.statement_timeout_s * 1000)
        connection = await asyncpg.connect(
            asyncpg_url(self._settings.database_url),
            timeout=timeout_s,
            server_settings={
                "application_name": "refcmdb",
                "plan_cache_mode": "force_generic_plan" if steady else "force_custom_plan",
                "statement_timeout": timeout_ms,
                # Who forgets a transaction does not keep others out of its rows for ever.
                "idle_in_transaction_session_timeout": timeout_ms,
                "jit": "off",
            },
            **options,
        )
        try:
            await _prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


def asyncpg_url(url: str) -> str:
    """``url`` without the parameters that only libpq knows."""
    parts = urllib.parse.urlsplit(url)
    known = [
        (key, value)
        for key, value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        if key not in LIBPQ_ONLY
    ]
    return parts._replace(query=urllib.parse.urlencode(known)).geturl()


async def _prepare(connection: Connection) -> None:
    """JSON stays text on its way through: nobody here looks into it.

    The array types are looked up now, so that a request runs its own statements only.
    """
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda text: text.decode(),
        decoder=lambda text: msgspec.Raw(text.encode()),
    )
    await connection.prepare(_ARRAY_TYPES)
