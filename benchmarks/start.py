"""From ``pytest --cmdbguard`` to the first check: warm, cold, and with ZAP starting beside it.

Prints seconds and their share of the goal (warm 3 s without ZAP, cold 20 s), and how much later
the first check begins when ZAP starts too (a ratio of medians; 1.0 is not later at all).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECK = """
import pathlib, time
import pytest
@pytest.mark.cmdbguard(criterion="response-time")
def test_begins(api):
    pathlib.Path("began").write_text(str(time.time()))
"""
WARM_S, COLD_S = 3.0, 20.0


def first_check_s(
    cache: Path, *, records: int, zap: str, services: str = "embedded", settings: str = ""
) -> float:
    """Seconds from the start of the process to the first line of the first check.

    ``settings`` is what ``cmdbguard.toml`` says.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_begins.py").write_text(CHECK, encoding="utf-8")
        Path(folder, "cmdbguard.toml").write_text(settings, encoding="utf-8")
        words = ["--cmdbguard", f"--cmdbguard-records={records}", f"--cmdbguard-zap={zap}"]
        words += [
            f"--cmdbguard-services={services}",
            "-k",
            "test_begins",
            "-p",
            "no:cacheprovider",
            "--rootdir=.",
        ]
        environment = os.environ | {"CMDBGUARD_CACHE": str(cache)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        began = time.time()
        subprocess.run(
            [sys.executable, "-m", "pytest", *words, "."],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )
        return float(Path(folder, "began").read_text(encoding="utf-8")) - began


def main() -> int:
    """Measure and print; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cmdbguard-benchmark-") as folder:
        cache = Path(folder)
        cold = first_check_s(cache, records=options.records, zap="off")
        first_check_s(cache, records=options.records, zap="auto")  # fetches ZAP
        rounds = [
            [first_check_s(cache, records=options.records, zap=zap) for zap in ("off", "auto")]
            for _ in range(options.rounds)
        ]
    warm, beside = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"cold: {cold:.1f} s, {cold / COLD_S:.2f} of {COLD_S:.0f} s")
    print(f"warm: {warm:.2f} s, {warm / WARM_S:.2f} of {WARM_S:.0f} s")
    print(f"warm with ZAP starting beside: {beside:.2f} s, ratio {beside / warm:.2f}")
    return int(cold > COLD_S or warm > WARM_S)


if __name__ == "__main__":
    raise SystemExit(main())
