"""The reference CMDB on real services, once for all tests of the campaigns."""

import contextlib
import dataclasses
import itertools
from types import SimpleNamespace

import pytest

from pytest_cmdbguard.campaigns.cast import Cast
from pytest_cmdbguard.campaigns.estate import Estate
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.services import cache, postgres_programs
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.settings import Settings
from pytest_cmdbguard.targets.refcmdb import RefCmdb
from pytest_cmdbguard.witnesses.rows import RowWitness
from pytest_cmdbguard.witnesses.sql import SqlWitness

RECORDS = 300


class Place:
    """Everything that the checks have at one seat."""

    def __init__(self, seat, stack):
        self.seat, self.target = seat, seat.target
        self.operations = {op.id: op for op in operations(self.target.document(), where="refcmdb")}
        self.cast = Cast(seat.actors)
        client = Api(seat.base_url, seat.actors)
        stack.callback(client.close)
        self.api = client.as_actor(self.cast.broadest.name)
        self.surroundings = Surroundings(self.api, tuple(self.operations.values()))
        self.sql, self.rows = SqlWitness(seat.database_url), RowWitness(seat.database_url)
        stack.callback(self.sql.close)
        stack.callback(self.rows.close)
        self.sql.install()

    def estate(self):
        """What the first tenant owns."""
        return self._estate(self.cast.rivals()[0], self.target.shared)

    def commons(self):
        """What all tenants share."""
        return self._estate([self.cast.broadest], frozenset())

    def _estate(self, owners, shared):
        return Estate(self.api, tuple(self.operations.values()), owners, shared=shared)


@pytest.fixture(scope="session")
def separate_cache(tmp_path_factory):
    """A cache without snapshots, with PostgreSQL's programs of the real one."""
    postgres_programs.find({})
    directory = tmp_path_factory.mktemp("cache")
    (directory / "programs").symlink_to(cache.cache_directory() / "programs")
    return directory


@pytest.fixture(scope="session")
def running(tmp_path_factory, separate_cache):
    """PostgreSQL and Valkey with a little data, and what takes a seat at them."""
    settings = Settings.defaults(tmp_path_factory.mktemp("campaigns"))
    settings = dataclasses.replace(settings, records=RECORDS, zap="off")
    numbers = itertools.count()
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("CMDBGUARD_CACHE", str(separate_cache))
        environment = Environment(settings, RefCmdb(), lambda _: None)
        stack.callback(environment.stop)
        shared = environment.start()

        @contextlib.contextmanager
        def take_seat(fault=None):
            target = RefCmdb(fault=fault)
            with contextlib.ExitStack() as own:
                seat = Seat(shared, settings, target, f"gw{next(numbers)}")
                own.callback(seat.close)
                seat.open()
                yield Place(seat, own)

        yield SimpleNamespace(postgres=shared.postgres, take_seat=take_seat)


@pytest.fixture(scope="session")
def cmdb(running):
    """The sound reference CMDB."""
    with running.take_seat() as place:
        yield place


@pytest.fixture(scope="session")
def estate(cmdb):
    return cmdb.estate()


@pytest.fixture
def faulty(running):
    """Reference CMDBs with a fault planted."""
    with contextlib.ExitStack() as stack:
        yield lambda fault: stack.enter_context(running.take_seat(fault))


@pytest.fixture(scope="session")
def new_database(running):
    """Makes an empty database; gives the URL of its superuser."""
    numbers = itertools.count()
    made = []

    def make():
        made.append(f"cmdbguard_test_{next(numbers)}")
        running.postgres.create(made[-1])
        return running.postgres.url(made[-1], role="admin")

    yield make
    for name in made:
        running.postgres.drop(name)
