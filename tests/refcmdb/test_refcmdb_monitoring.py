"""PerformanceMonitor on real servers: what it counts is what happened."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from seeing import execute

from refcmdb.monitoring import health
from refcmdb.monitoring.figures import BOUNDS_S, Histogram, quantile
from refcmdb.monitoring.indexes import candidates
from refcmdb.monitoring.readings import LAG_EVERY_S, LoopLag, Readings
from refcmdb.monitoring.rules import RULES
from refcmdb.monitoring.settings import Monitoring
from refcmdb.monitoring.slow_queries import SlowQueries, shown
from refcmdb.services.database import Database, PoolState, Statement
from refcmdb.settings import Settings
from refcmdb.variables import SettingsError, read

QUIET = dict.fromkeys(Readings.__dataclass_fields__, 0.0) | {"pool_most": 8, "cache_up": None}
WATCHERS = ("/performance/metrics", "/performance/cache", "/performance/optimisation", "//metrics")


def value_of(text: str, series: str) -> float:
    (value,) = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(value)


def metric(client, series: str) -> float:
    return value_of(client.get("//metrics").text, series)


@pytest.fixture
def fresh(start_server):
    """A server that counts from zero."""
    with start_server() as server:
        yield server


@pytest.mark.parametrize("path", WATCHERS)
@pytest.mark.parametrize(("user", "status"), [("viewer-red", 403), (None, 401)])
def test_only_operators_and_administrators_see_how_it_does(server, path, user, status):
    assert server.as_(user).get(path).status_code == status
    assert server.as_("operator-blue").get(path).status_code == 200


def test_requests_are_counted_by_route_and_status(fresh):
    admin = fresh.as_("admin")
    for number in (1, 2, 999_999_999):
        admin.get(f"/devices/{number}")
    admin.get("//no/such/place")
    text = admin.get("//metrics").text
    counted = 'refcmdb_http_requests_total{{route="{}",method="GET",status="{}"}}'
    assert value_of(text, counted.format("/api/v1/devices/{id}", "2xx")) == 2
    assert value_of(text, counted.format("/api/v1/devices/{id}", "4xx")) == 1
    assert value_of(text, counted.format("other", "4xx")) == 1
    durations = "refcmdb_http_request_duration_seconds"
    route = 'route="/api/v1/devices/{id}",method="GET"'
    assert value_of(text, f'{durations}_bucket{{{route},le="+Inf"}}') == 3
    assert value_of(text, f"{durations}_count{{{route}}}") == 3
    assert 0 < value_of(text, f"{durations}_sum{{{route}}}") < 3


def test_callers_add_no_series(fresh):
    admin = fresh.as_("admin")
    for number in range(30):
        admin(f"BREW{number}", "/devices")
        admin.get(f"//nothing/{number}")
    series = [line for line in admin.get("//metrics").text.splitlines() if "_total{route" in line]
    assert len(series) < 8


def test_prometheus_accepts_what_is_exported(fresh):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    admin = fresh.as_("admin")
    admin.get("/devices")
    text = admin.get("//metrics").text
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_cache_statistics_tell_hits_and_misses(fresh):
    red = fresh.as_("operator-red")
    for _ in range(4):
        red.get("/devices", limit=7)
    told = red.get("/performance/cache").json()
    assert (told["hits"], told["misses"], told["up"]) == (3, 1, True)
    assert told["hit_share"] == 0.75


def test_cache_that_is_away_costs_points_and_is_advised_on(start_server):
    away = {"redis_url": "unix:///no/such.sock", "ready": "/api/v1/openapi.json"}
    with start_server(**away) as server:
        admin = server.as_("admin")
        admin.get("/devices")
        told = admin.get("/performance/cache").json()
        assert (told["up"], told["hits"], told["away"], told["hit_share"]) == (False, 0, 1, 0)
        report = admin.get("/performance/optimisation").json()
        assert report["health"] <= 90
        assert "cache_away" in [one["figure"] for one in report["recommendations"]]


def test_figures_of_the_process_are_those_of_the_kernel(fresh):
    admin = fresh.as_("admin")
    told = admin.get("/performance/metrics").json()
    status = Path(f"/proc/{fresh.pid}/status").read_text()
    (resident_kb,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    assert told["memory_bytes"] == pytest.approx(int(resident_kb) * 1024, rel=0.2)
    disk = shutil.disk_usage(fresh.log.parent)
    assert told["disk_used_share"] == pytest.approx(1 - disk.free / disk.total, abs=0.02)
    assert told["pool_most"] == 8
    assert told["instance"].endswith(f"-{fresh.pid}")


def test_requests_that_wait_for_a_connection_are_seen(seeded_database):
    async def look() -> tuple[PoolState, PoolState]:
        settings = Settings(database_url=seeded_database, pool_size=1)
        database = Database(settings, SlowQueries(1))
        await database.open()
        async with database.session():
            waiting = asyncio.create_task(database.fetch(Statement("SELECT 1", ()), {}))
            await asyncio.sleep(0.05)
            full = database.pool
        await waiting
        idle = database.pool
        await database.close()
        return full, idle

    full, idle = asyncio.run(look())
    assert full == PoolState(used=1, most=1, waiting=1)
    assert idle == PoolState(used=0, most=1, waiting=0)


def test_lag_is_how_long_the_loop_was_kept_from_its_work():
    async def block() -> tuple[float, float]:
        lag = LoopLag()
        task = asyncio.create_task(lag.watch())
        await asyncio.sleep(0.01)
        time.sleep(LAG_EVERY_S + 0.4)  # noqa: ASYNC251 - that is what must be seen
        await asyncio.sleep(0.01)
        seen = lag.worst_s
        lag.next_interval()
        lag.next_interval()
        task.cancel()
        return seen, lag.worst_s

    seen, later = asyncio.run(block())
    assert 0.35 < seen < 5
    assert later == 0


@pytest.fixture
def slowed(start_server, seeded, new_database, postgres):
    """A server on a large table that lacks an index, to whom every statement is slow."""
    url = new_database(template=seeded.database)
    name = url.partition("?")[0].rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} SET enable_seqscan = on")
    with start_server(database_url=url, environment={"REFCMDB_SLOW_QUERY": "1"}) as server:
        execute(
            server,
            "INSERT INTO devices (tenant_id, site_id, device_type_id, name, serial, status, role)"
            " SELECT 1, 1, 1, 'many' || n, 'many' || n, 'active', 'access'"
            "   FROM generate_series(1, 20000) AS n",
        )
        execute(server, "UPDATE devices SET status = 'planned' WHERE id % 4000 = 0")
        for index in ("status_id", "name_id", "tenant_id_name_id"):
            execute(server, f"DROP INDEX ix_devices_{index}")
        execute(server, "ANALYZE devices")
        yield server


def test_missing_index_is_suggested_with_its_proof(slowed):
    admin = slowed.as_("admin")
    before = indexes_of(slowed)
    admin.get("/devices", status="planned", sort="name", limit=50)
    told = admin.get("/performance/optimisation").json()["slow_statements"]
    (slow,) = [one for one in told if "FROM devices" in one["text"] and "status" in one["text"]]
    index = slow["index"]
    assert index["definition"].startswith('CREATE INDEX ON "public"."devices" ("status"')
    assert index["cost_after"] < index["cost_before"] / 2
    assert index["rows"] > 20_000
    assert any("Index" in line for line in index["plan_after"])
    assert slow["problem"] is None
    # The suggestion is as good as its word.
    execute(slowed, index["definition"])
    plan = "\n".join(row[0] for row in execute(slowed, EXPLAIN))
    assert "Index" in plan
    assert len(indexes_of(slowed)) == len(before) + 1


EXPLAIN = "EXPLAIN SELECT id FROM devices WHERE status = 'planned' ORDER BY name LIMIT 50"


def indexes_of(server) -> list[tuple]:
    return execute(server, "SELECT indexname FROM pg_indexes WHERE tablename = 'devices'")


def test_statement_that_no_index_would_help_gets_no_suggestion(slowed):
    admin = slowed.as_("admin")
    admin.get("/devices", site_id=1, sort="id", limit=1000)
    told = admin.get("/performance/optimisation").json()["slow_statements"]
    (slow,) = [one for one in told if "FROM devices" in one["text"] and "site_id" in one["text"]]
    assert (slow["index"], slow["problem"]) == (None, None)
    assert any("on devices" in line for line in slow["plan"])


def test_report_shows_no_value_of_a_request(slowed, unique):
    admin, secret = slowed.as_("admin"), unique("zq")
    admin.get("/devices", q=secret)
    admin.get("/devices", asset_tag=secret)
    report = admin.get("/performance/optimisation")
    assert "devices" in report.text
    assert any(one["plan"] for one in report.json()["slow_statements"])
    assert secret not in report.text


def test_quantiles_are_those_of_prometheus():
    durations = Histogram()
    for elapsed_s in [0.001] * 50 + [0.08] * 45 + [3.0] * 5:
        durations.observe(elapsed_s)
    assert quantile(durations.buckets, 0.25) == pytest.approx(0.00125)
    assert quantile(durations.buckets, 0.95) == pytest.approx(0.1)
    assert quantile(durations.buckets, 0.96) == pytest.approx(2.0 + 3.0 / 5)
    durations.observe(1000)
    assert quantile(durations.buckets, 1.0) == BOUNDS_S[-1]
    assert quantile([0] * (len(BOUNDS_S) + 1), 0.5) is None


def test_health_is_100_less_what_each_figure_costs():
    assert sum(component.weight for component in health.COMPONENTS) == 100
    assert health.score(Readings(**QUIET)) == 100
    half_slow = Readings(**QUIET | {"p95_s": 1.25, "error_share": 0.05})
    assert health.score(half_slow) == 100 - 10 - 25
    assert [component.figure for component, _ in health.worst(half_slow)] == [
        "error_share",
        "p95_s",
    ]
    bad = Readings(**dict.fromkeys(QUIET, 10.0) | {"cache_up": False, "pool_most": 1})
    assert health.score(bad) == 0


def test_slowest_statements_are_kept_and_the_others_give_way():
    slow = SlowQueries(0.1)
    slow.notice("quick", (), 0.05)
    slow.notice("EXPLAIN (FORMAT JSON) select 1", (), 9)
    for number in range(200):
        slow.notice(f"select {number}", (number,), 0.1 + number / 1000)
    slow.notice("select 199", (7,), 0.2)
    kept = slow.worst(100)
    assert len(kept) == 50
    assert (kept[0].text, kept[0].calls, kept[0].arguments) == ("select 199", 2, (199,))
    assert slow.calls == 201


def test_plan_is_shown_without_strings_and_numbers():
    node = {"Node Type": "Seq Scan", "Relation Name": "t", "Total Cost": 12.3, "Plan Rows": 5}
    node["Filter"] = "((t.a = 'it''s 1'::text) AND (t.b2 > '-3'::integer) AND (t.c = 42))"
    (line,) = shown(node)
    assert line == (
        "Seq Scan on t (cost 12, rows 5)"
        " filter ((t.a = ?::text) AND (t.b2 > ?::integer) AND (t.c = ?))"
    )


def test_candidates_come_from_filters_and_sort_keys():
    scan = {"Node Type": "Seq Scan", "Schema": "public", "Relation Name": "t", "Alias": "t"}
    scan["Filter"] = "(((t.a)::text = 'x'::text) AND (t.b >= 3) AND (t.c ~~* '%y%'::text))"
    sort = {"Node Type": "Sort", "Sort Key": ["t.d", "t.e"], "Plans": [scan]}
    found = [(one.columns, one.trigrams) for one in candidates(sort)]
    assert found == [(("a", "d"), False), (("a", "b"), False), (("a",), False), (("c",), True)]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REFCMDB_MONITORING_INTERVAL", "0"),
        ("REFCMDB_SLOW_QUERY", "fast"),
    ],
)
def test_wrong_setting_is_named(variable, value):
    with pytest.raises(SettingsError, match=variable):
        read(Monitoring, {variable: value})


DOCUMENT = Path(__file__).parents[2] / "docs" / "monitoring.md"


def test_document_has_the_tables_of_the_code():
    text = DOCUMENT.read_text()
    for each in health.COMPONENTS:
        row = f"| `{each.figure}` | {each.good:g} | {each.bad:g} | {each.weight} |"
        assert row in text
    for rule in RULES:
        begins = f"| `{rule.name}` | {rule.title} | `{rule.reading}` | {rule.threshold:g} | "
        ends = f"{rule.for_s} s | {rule.clear_below:g} | {rule.severity} |"
        assert begins + ends in text
