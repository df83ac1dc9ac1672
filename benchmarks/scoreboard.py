"""Which planted faults do scanners find, at which price, and whom do they accuse wrongly?

The same faults and sound look-alikes, one at a time, the same machine, the same reference CMDB,
an administrator's token for everybody: this project's whole security lane, Schemathesis, Wapiti
and ZAP with the rules that ``--addons`` gives it. Peers live in environments of their own in the
cache, and stop at ``--seconds``. A claim counts when it is not made of the CMDB without any fault;
a fault counts as found by a claim at its operation, whatever it says; a look-alike is accused by
any claim.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pytest_cmdbguard import foreign_reports
from pytest_cmdbguard.campaigns.cast import Cast
from pytest_cmdbguard.campaigns.whereabouts import Whereabouts
from pytest_cmdbguard.campaigns.zap_rules import ZapRules
from pytest_cmdbguard.conclusions import SECURITY
from pytest_cmdbguard.planted import Planted, catalogue
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.services import cache
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.settings import Settings
from pytest_cmdbguard.targets.refcmdb import RefCmdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_cmdbguard.answers import Alert
    from pytest_cmdbguard.services.shared import Shared

RECORDS = 2000
DOCUMENT = "/api/v1/openapi.json"
MODULES = "sql,xss,permanentxss,exec,file,ssrf,redirect,crlf,xxe,upload"
FAILURE = re.compile(r"^- (.+)$", re.MULTILINE)

Claims = set[tuple[str, str]]  # METHOD /path, what is claimed


@dataclasses.dataclass(slots=True)
class Score:
    """Of one scanner over all trials."""

    found: int = 0
    accused: int = 0
    requests: int = 0
    seconds: float = 0.0
    said_of_sound: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The services, and what every peer is told."""

    shared: Shared
    settings: Settings
    seconds: float

    @contextlib.contextmanager
    def seat(self, fault: str) -> Iterator[Seat]:
        """A CMDB with the fault planted (none if empty), its database its own."""
        target = RefCmdb(fault=fault or None)
        seat = Seat(self.shared, self.settings, target, "gw0")
        try:
            seat.open()
            yield seat
        finally:
            seat.close()


def ours(ground: Ground, fault: str, folder: Path) -> tuple[Claims, int]:
    """The findings of the whole security lane of the quick profile."""
    words = ["--cmdbguard", f"--cmdbguard-records={RECORDS}", f"--cmdbguard-report={folder}"]
    words += [f"--cmdbguard-fault={fault}"] if fault else []
    words += [f"--cmdbguard-zap={ground.settings.zap}", "-p", "no:cacheprovider", "--rootdir=."]
    command = [sys.executable, "-m", "pytest", *words, "--cmdbguard-select", *sorted(SECURITY)]
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    results = json.loads(Path(folder, "results.json").read_text(encoding="utf-8"))
    claims = {(f["operation"], f["check"]) for f in results["findings"]}
    return claims, int(results["reach"].get("requests", 0))


def schemathesis(ground: Ground, fault: str, folder: Path) -> tuple[Claims, int]:
    """The failures of all its checks."""
    program = _peer("schemathesis", "schemathesis")
    with ground.seat(fault) as seat:
        report = folder / "junit.xml"
        words = [program, "run", seat.base_url + DOCUMENT, "-H", _header(seat), "--checks=all"]
        words += ["--url", seat.base_url, "--report=junit", f"--report-junit-path={report}"]
        words += [
            "--exclude-path-regex=logout$",
            "--continue-on-failure",
            "--no-color",
            f"--max-time={ground.seconds:.0f}",
        ]
        output = _run(words, folder, ground.seconds)
    if not report.is_file():
        return set(), 0
    claims = {
        (_operation(case.get("name", "")), line)
        for case in ET.parse(report).iter("testcase")  # noqa: S314 - a peer's own file
        for failure in case.iter("failure")
        for line in FAILURE.findall(failure.text or "")
    }
    generated = re.search(r"(\d+) generated", output)
    return claims, int(generated[1]) if generated else 0


def wapiti(ground: Ground, fault: str, folder: Path) -> tuple[Claims, int]:
    """The vulnerabilities of its attack modules that can matter here."""
    program = _peer("wapiti3", "wapiti")
    with ground.seat(fault) as seat:
        report = folder / "wapiti.json"
        words = [program, "-u", seat.base_url + "/", "--swagger", seat.base_url + DOCUMENT]
        words += ["-H", _header(seat), "-m", MODULES, "-f", "json", "-o", str(report)]
        words += ["--flush-session", "--no-bugreport", "--store-session", str(folder)]
        share_s = ground.seconds / 2  # half for finding requests, half for its modules
        words += [f"--max-scan-time={share_s:.0f}"]
        words += [f"--max-attack-time={max(1, share_s / len(MODULES.split(','))):.0f}"]
        _run(words, folder, ground.seconds)
        known = operations(seat.target.document(), where="refcmdb")
    alerts = foreign_reports.alerts(report) if report.is_file() else []
    return _placed(alerts, Whereabouts(known)), 0


def zap(ground: Ground, fault: str, folder: Path) -> tuple[Claims, int]:
    """The alerts of its rules, from informational up; none without rules."""
    del folder
    with ground.seat(fault) as seat:
        found = seat.zap()
        if found is None or found.level != "full":
            return set(), 0
        known = operations(seat.target.document(), where="refcmdb")
        actor = Cast(seat.actors).broadest
        assert actor is not None
        api = Api(seat.base_url, seat.actors, proxy=found.url).as_actor(actor.name)
        before, document = found.recorded(), seat.shared.document
        surroundings = Surroundings(api, known)
        rules = ZapRules(found, api, surroundings, document=document, budget_s=ground.seconds)
        suspicions = rules(known, [actor])
        return _placed(suspicions.alerts, Whereabouts(known)), found.recorded() - before


SCANNERS: dict[str, Callable[[Ground, str, Path], tuple[Claims, int]]] = {
    "pytest-cmdbguard": ours,
    "schemathesis": schemathesis,
    "wapiti": wapiti,
    "zap": zap,
}


def trial(scanner: str, ground: Ground, fault: str) -> tuple[Claims, int, float]:
    """What a scanner claims of the CMDB with a fault, its requests, and seconds."""
    with tempfile.TemporaryDirectory(prefix="cmdbguard-scoreboard-") as folder:
        began = time.perf_counter()
        claims, requests = SCANNERS[scanner](ground, fault, Path(folder))
        return claims, requests, time.perf_counter() - began


def measure(
    scanner: str, ground: Ground, chosen: Sequence[Planted], places: dict[str, str]
) -> Score:
    """One scanner over all that is planted; prints a line per trial."""
    score = Score()
    sound, _, _ = trial(scanner, ground, "")
    score.said_of_sound = len(sound)
    for planted in chosen:
        claims, requests, seconds = trial(scanner, ground, planted.name)
        news = {operation for operation, _ in claims - sound}
        found = planted.kind == "fault" and (
            places.get(planted.operation) in news or (not planted.operation and bool(news))
        )
        score.found += found
        score.accused += planted.kind == "twin" and bool(news)
        score.requests += requests
        score.seconds += seconds
        word = "found" if found else "accused" if planted.kind == "twin" and news else "-"
        print(
            f"{scanner:<17} {planted.kind:<6} {planted.name:<34} {word:<8} {seconds:6.1f} s",
            flush=True,
        )
    return score


def sample(number: int) -> list[Planted]:
    """So many faults spread over the checks, and a third as many look-alikes."""
    groups: dict[str, list[Planted]] = collections.defaultdict(list)
    for planted in catalogue():
        groups[planted.kind].append(planted)
    return [
        one
        for kind, many in (("fault", number), ("twin", number // 3))
        for one in groups[kind][:: max(1, len(groups[kind]) // max(1, many))][:many]
    ]


def table(scores: dict[str, Score], chosen: Sequence[Planted]) -> Iterator[str]:
    """The scoreboard in Markdown, and how many times as long peers take per fault they find."""
    faults = sum(planted.kind == "fault" for planted in chosen)
    yield "| scanner | found | accused | said of the sound | requests | s | s per found fault |"
    yield "|---|---|---|---|---|---|---|"
    for name, score in scores.items():
        each = f"{score.seconds / score.found:.1f}" if score.found else "-"
        yield (
            f"| {name} | {score.found}/{faults} | {score.accused}/{len(chosen) - faults} | "
            f"{score.said_of_sound} | {score.requests or '?'} | {score.seconds:.0f} | {each} |"
        )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scanners", nargs="*", default=list(SCANNERS), choices=list(SCANNERS))
    parser.add_argument("--faults", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=60.0, help="of a peer per trial")
    parser.add_argument("--addons", help="a directory with ZAP's rule add-ons")
    told = parser.parse_args()
    chosen = sample(told.faults)
    tables = {"services": {"zap": {"addons": told.addons}}} if told.addons else {}
    settings = dataclasses.replace(
        Settings.defaults(Path.cwd()),
        records=RECORDS,
        tables=tables,
        zap="auto" if "zap" in told.scanners else "off",
    )
    environment = Environment(settings, RefCmdb(), lambda line: print(line, flush=True))
    try:
        ground = Ground(shared=environment.start(), settings=settings, seconds=told.seconds)
        places = {op.id: str(op) for op in operations(RefCmdb().document(), where="refcmdb")}
        scores = {name: measure(name, ground, chosen, places) for name in told.scanners}
    finally:
        environment.stop()
    print(*table(scores, chosen), sep="\n")
    return 0


def _placed(alerts: Iterable[Alert], whereabouts: Whereabouts) -> Claims:
    return {
        (str(operation), alert.name)
        for alert in alerts
        if (operation := whereabouts.operation(alert))
    }


def _operation(name: str) -> str:
    """``GET /path`` in the name of a test case."""
    found = re.search(r"\b([A-Z]+ /\S*)", name)
    return found[1] if found else name


def _header(seat: Seat) -> str:
    actor = Cast(seat.actors).broadest
    assert actor is not None
    return f"Authorization: {actor.headers['Authorization']}"


def _peer(package: str, program: str) -> str:
    """The program of a peer in an environment of its own, made when it is first needed."""
    home = cache.cache_directory() / "benchmarks" / package
    path = home / "bin" / program
    if not path.exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", package], check=True)
    return str(path)


def _run(words: Sequence[str], folder: Path, seconds: float) -> str:
    """What it printed; what does not end is ended some time after its budget."""
    try:
        ended = subprocess.run(
            words,
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=2 * seconds + 30,
        )
    except subprocess.TimeoutExpired:
        return ""
    return ended.stdout + ended.stderr


if __name__ == "__main__":
    raise SystemExit(main())
