"""Askers and the stopwatch: requests whose speed counts, and when a verdict on them is clear."""

import itertools
import time

import pytest

from pytest_cmdbguard.campaigns.speed import Asker, WrongAnswer, contention
from pytest_cmdbguard.campaigns.stopwatch import CAP_S, FIRST_ROUNDS, WARM_UP, Stopwatch
from pytest_cmdbguard.targets import SpeedCase
from pytest_cmdbguard.witnesses.database import connect

QUICK = FIRST_ROUNDS["quick"]


@pytest.fixture
def stopwatch():
    return Stopwatch(lambda: None, profile="quick")


def lasting(*durations_s):
    """A call that says itself how long it took, and counts its calls."""
    told = itertools.cycle(durations_s)

    def call():
        call.count += 1
        return next(told)

    call.count = 0
    return call


def test_what_is_always_quick_enough_passes_with_the_first_samples(stopwatch):
    call = lasting(0.01)
    verdict = stopwatch.judge(call, limit_s=0.02)
    assert (verdict.outcome, verdict.n, call.count) == ("passed", QUICK, QUICK + WARM_UP)


def test_what_is_always_too_slow_fails_at_once(stopwatch):
    call = lasting(0.03)
    verdict = stopwatch.judge(call, limit_s=0.02)
    assert verdict.outcome == "failed"
    assert call.count <= WARM_UP


def test_a_cold_start_alone_is_no_failure(stopwatch):
    durations = [0.5, 0.5, *[0.01] * (WARM_UP + 2 * QUICK)]
    assert stopwatch.judge(lasting(*durations), limit_s=0.02).outcome == "passed"


def test_what_is_often_too_slow_fails_after_the_warm_up(stopwatch):
    verdict = stopwatch.judge(lasting(*[0.01] * 8, 0.03, 0.01, 0.03), limit_s=0.02)
    assert (verdict.outcome, verdict.n) == ("failed", QUICK)


def test_what_stays_unclear_is_measured_three_times_more_and_then_undecided(stopwatch):
    verdict = stopwatch.judge(lasting(*[0.01] * 19, 0.03), limit_s=0.02)
    assert (verdict.outcome, verdict.n) == ("undecided", QUICK * 2**3)


def test_the_cap_ends_the_measuring(monkeypatch, stopwatch):
    monkeypatch.setitem(CAP_S, "quick", 0.05)
    tell = lasting(*[0.01] * 19, 0.03)

    def call():
        time.sleep(0.005)
        return tell()

    verdict = stopwatch.judge(call, limit_s=0.02)
    assert verdict.outcome == "undecided"
    assert 4 <= verdict.n <= 10 + WARM_UP


def test_a_call_that_tells_no_duration_is_timed_itself(stopwatch):
    verdict = stopwatch.judge(lambda: time.sleep(0.002), limit_s=0.001)
    assert verdict.outcome == "failed"
    assert verdict.quantile_s >= 0.002


def test_pytest_benchmark_carries_the_samples_where_it_is_active(benchmark):
    if benchmark.disabled:
        benchmark(int)
        pytest.skip("pytest-benchmark is switched off, for instance by xdist")
    verdict = Stopwatch(lambda: benchmark, profile="quick").judge(lambda: None, limit_s=0.5)
    assert (verdict.outcome, verdict.n) == ("passed", QUICK)
    assert benchmark.stats.stats.rounds == QUICK


@pytest.fixture
def engine(cmdb):
    engine = connect(cmdb.seat.database_url)
    yield engine
    engine.dispose()


def asker(cmdb, engine, path, values):
    case = SpeedCase(operation="devices_list", path=path, values=values)
    return Asker("x", case, cmdb.operations["devices_list"], engine=engine, api=cmdb.api)


def test_an_asker_asks_with_one_row_of_values_after_the_other(cmdb, engine):
    path = "/api/v1/devices?q={q}&limit={n}"
    asked = asker(cmdb, engine, path, "select * from (values ('a&b%', 1), ('üüü', 2)) v (q, n)")
    urls = []
    for _ in range(3):
        asked.ask()
        urls.append(asked.last.url.partition("?")[2])
    assert urls == ["q=a%26b%25&limit=1", "q=%C3%BC%C3%BC%C3%BC&limit=2", "q=a%26b%25&limit=1"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("select 1 as q where false", r"gives no values for \['q'\]"),
        ("select 1 as p", r"gives no values for \['q'\]"),
        ("select q from nowhere", 'refused: relation "nowhere" does not exist'),
        ("selct", "refused: syntax error"),
    ],
)
def test_values_that_cannot_be_had_are_told(cmdb, engine, values, words):
    with pytest.raises(WrongAnswer, match=words):
        asker(cmdb, engine, "/api/v1/devices?q={q}", values)


def test_a_request_that_fails_is_not_timed(cmdb, engine):
    asked = asker(cmdb, engine, "/api/v1/devices?limit={n}", "select 0 as n")
    with pytest.raises(WrongAnswer, match="limit=0 answered HTTP 4"):
        asked.ask()


def test_every_speed_case_of_the_reference_cmdb_gives_many_different_requests(cmdb, engine):
    for name, case in cmdb.target.speed.items():
        operation = cmdb.operations[case.operation]
        asked = Asker(name, case, operation, engine=engine, api=cmdb.api)
        urls = set()
        for _ in range(5):
            asked.ask()
            urls.add(asked.last.url)
        assert len(urls) == 5


def test_a_spin_takes_at_least_its_cpu_time():
    assert 0.9 < min(contention() for _ in range(3)) < 20
