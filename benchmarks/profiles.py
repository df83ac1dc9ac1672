"""How long the gate takes after set-up: quick within 60 s, full within 5 minutes, on two cores."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT_S = {"quick": 60.0, "full": 300.0}


def after_set_up_s(profile: str, *, records: int) -> tuple[float, int, int]:
    """Seconds from the first check to the end, passed checks and all checks of a whole run."""
    with tempfile.TemporaryDirectory(prefix="cmdbguard-benchmark-") as folder:
        words = ["--cmdbguard", f"--cmdbguard-profile={profile}", f"--cmdbguard-report={folder}"]
        words += [f"--cmdbguard-records={records}", "-n2", "-p", "no:cacheprovider", "--rootdir=."]
        command = [sys.executable, "-m", "pytest", *words, folder]
        subprocess.run(command, cwd=folder, check=False, capture_output=True)
        results = json.loads(Path(folder, "results.json").read_text(encoding="utf-8"))
    checks = [check for criterion in results["criteria"] for check in criterion["checks"]]
    passed = sum(check["outcome"] == "passed" for check in checks)
    timings = results["timings"]
    return timings["total_s"] - timings["ready_s"], passed, len(checks)


def main() -> int:
    """Measure and print; 1 if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profiles", nargs="*", default=list(LIMIT_S), choices=list(LIMIT_S))
    parser.add_argument("--records", type=int, default=100_000)
    options = parser.parse_args()
    broken = False
    for profile in options.profiles:
        seconds, passed, checks = after_set_up_s(profile, records=options.records)
        limit_s = LIMIT_S[profile]
        broken |= seconds > limit_s or passed < checks
        print(
            f"{profile}: {seconds:.0f} s, {seconds / limit_s:.2f} of {limit_s:.0f} s; "
            f"{passed} of {checks} checks passed"
        )
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
