"""A service that goes away in the middle: no verdict on what it carried, and no traceback."""

from __future__ import annotations

import pytest

MURDER = """
import contextlib, json
from pathlib import Path
import psutil, pytest

rule = pytest.mark.cmdbguard(criterion="own-rule")

def end(shared, name):
    for path in shared.run.processes.glob(f"{name}-*.json"):
        process = psutil.Process(json.loads(path.read_text())["pid"])
        family = [*process.children(recursive=True), process]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(family, timeout=5)

@rule
def test_before(api): assert api.get("/api/v1/sites").status == 200

@rule
def test_in_the_middle(seat, evidence): end(seat.shared, "NAME")

@rule
def test_after(api, rows):
    answer = api.get("/api/v1/sites")
    rows.table_state("sites")
    assert answer.status == 200

@rule
def test_later(api, rows):
    api.get("/api/v1/sites")
    rows.table_state("sites")
"""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cmdb-main", "cmdb-main: died during the run"),
        ("postgres", "postgres: died during the run"),
        ("redis", None),
    ],
)
def test_what_comes_after_is_not_verified(pytester, sandbox, own_rule, name, says):
    pytester.makepyfile(test_own=MURDER.replace("NAME", name))
    outcome = sandbox.run(*own_rule)
    checks = {c["nodeid"].rpartition("::")[2]: c for c in sandbox.criterion("own-rule")["checks"]}
    assert checks["test_before"]["outcome"] == "passed"
    if says is None:  # the CMDB answers without its cache
        assert (outcome.parseoutcomes()["passed"], outcome.ret) == (4, 0)
        return
    assert outcome.ret == 1
    assert sandbox.criterion("own-rule")["verdict"] == "not verified"
    for later in ("test_after", "test_later"):
        assert checks[later]["outcome"] == "error"
        assert says in checks[later]["reason"], checks[later]["reason"]
    assert sandbox.results()["findings"] == []
    text = outcome.stdout.str()
    assert not any(word in text for word in ("Traceback", "site-packages", "INTERNALERROR"))


def test_a_zap_that_dies_leaves_its_criterion_unverified(pytester, sandbox):
    pytester.makepyfile(
        murder='''
        import json, psutil, pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_call(item):
            """Before the second attack ZAP is gone."""
            if item.name == "input_never_becomes_sql[tags_list]":
                shared = item._request.getfixturevalue("seat").shared
                for path in shared.run.processes.glob("zap-*.json"):
                    process = psutil.Process(json.loads(path.read_text())["pid"])
                    process.kill()
                    process.wait(5)
            return (yield)
    '''
    )
    outcome = sandbox.run(
        "-p",
        "murder",
        "--cmdbguard-zap=auto",
        "--cmdbguard-select=CG-INJ-001,CG-HDR-001",
        "-k",
        "sites_list or tags_list",
    )
    assert outcome.ret == 1
    assert sandbox.verdicts() == {"sql-injection": "not verified", "security-headers": "passed"}
    assert "gave no answer" in sandbox.criterion("sql-injection")["reason"]
    assert "Traceback" not in outcome.stdout.str()
