"""What the installed plugin costs a pytest run that does not use it.

    python benchmarks/import_cost.py            milliseconds and modules, as shares of the limits
    python benchmarks/import_cost.py --modules  only the names of the modules the plugin adds

The time is what one empty test spends in the plugin: importing it and running its hooks, in a
fresh interpreter that has pytest loaded, with byte code at hand. Other work on the machine only
adds to it, so the fastest run is held to the limit; the median says how busy the machine was. (The
difference of two whole runs of 50 ms was tried first: its noise is larger than the limit.)
The modules are what a run with the plugin has imported at its end and one with an empty plugin
has not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

LIMIT_MS = 5.0
LIMIT_MODULES = 20
RUNS = 25
PLUGIN = "pytest_cmdbguard.plugin"
EMPTY = "empty_plugin"
SETTINGS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "",
    "PYTHONDONTWRITEBYTECODE": "",  # stale byte code is compiled again in every run
}

RUN = """
import contextlib, functools, importlib, io, json, sys, time
import pytest

spent = 0.0

@contextlib.contextmanager
def clock():
    global spent
    start = time.perf_counter()
    yield
    spent += time.perf_counter() - start

def timed(hook):
    @functools.wraps(hook)
    def call(*args, **kwargs):
        with clock():
            return hook(*args, **kwargs)
    return call

with clock():
    plugin = importlib.import_module(sys.argv[1])
for name in [name for name in vars(plugin) if name.startswith("pytest_")]:
    setattr(plugin, name, timed(getattr(plugin, name)))
with contextlib.redirect_stdout(io.StringIO()) as output:
    status = pytest.main(["-p", "no:cacheprovider", "-p", sys.argv[1], "test_empty.py"])
if status != 0:
    sys.exit(output.getvalue())
print(json.dumps([spent * 1000, sorted(sys.modules)]))
"""


class Sample(NamedTuple):
    """One pytest run: the milliseconds spent in the plugin, and what was imported at the end."""

    spent_ms: float
    modules: frozenset[str]


def run(directory: Path, plugin: str) -> Sample:
    """A pytest run of one empty test in a fresh interpreter, with this plugin and no other."""
    process = subprocess.run(
        [sys.executable, "-c", RUN, plugin],
        cwd=directory,
        env=os.environ | SETTINGS | {"PYTHONPYCACHEPREFIX": str(directory / "byte code")},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    spent_ms, modules = json.loads(process.stdout)
    return Sample(spent_ms, frozenset(modules))


def measure(runs: int) -> tuple[list[float], list[str]]:
    """The milliseconds that each run spends in the plugin, and the names of what it imports."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.joinpath("pytest.ini").write_text("[pytest]\n")
        directory.joinpath("test_empty.py").write_text("def test_empty(): pass\n")
        directory.joinpath(f"{EMPTY}.py").touch()
        bare = run(directory, EMPTY)
        warm = run(directory, PLUGIN)  # leaves the byte code for the next runs
        samples = [run(directory, PLUGIN) for _ in range(runs)]
    return [sample.spent_ms for sample in samples], sorted(warm.modules - bare.modules)


def main() -> int:
    """The exit status: 0 within both limits, 1 beyond one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", action="store_true", help="only name the added modules")
    if parser.parse_args().modules:
        print("\n".join(measure(runs=0)[1]))
        return 0
    times_ms, modules = measure(RUNS)
    spent_ms, median_ms = min(times_ms), statistics.median(times_ms)
    print(
        f"time     {spent_ms:.1f} ms of {LIMIT_MS:.0f} ms: {spent_ms / LIMIT_MS:.2f} of the limit"
    )
    print(f"         (fastest of {RUNS} runs; median {median_ms:.1f} ms)")
    share = len(modules) / LIMIT_MODULES
    print(f"modules  {len(modules)} of {LIMIT_MODULES}: {share:.2f} of the limit")
    return int(spent_ms > LIMIT_MS or len(modules) > LIMIT_MODULES)


if __name__ == "__main__":
    sys.exit(main())
