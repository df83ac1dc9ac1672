"""Somebody who has the plugin installed and does not use it must not notice it."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "import_cost.py"


@pytest.fixture(scope="module")
def added():
    """The modules that the plugin adds to a pytest run without ``--cmdbguard``."""
    process = subprocess.run(
        [sys.executable, BENCHMARK, "--modules"], check=True, capture_output=True, text=True
    )
    return process.stdout.split()


def test_idle_plugin_is_loaded_at_all(added):
    assert "pytest_cmdbguard.plugin" in added


def test_idle_plugin_adds_at_most_20_modules(added):
    assert len(added) <= 20, added


def test_idle_plugin_imports_no_third_party_package(added):
    foreign = {
        name
        for name in added
        if name.partition(".")[0] not in {"pytest_cmdbguard", *sys.stdlib_module_names}
    }
    assert not foreign


def test_idle_plugin_loads_neither_gate_nor_checks(added):
    own = {name for name in added if name.startswith("pytest_cmdbguard.")}
    assert own <= {f"pytest_cmdbguard.{name}" for name in ("plugin", "settings", "errors")}
