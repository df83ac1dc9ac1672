"""The scanners that the scoreboard compares: how each is started, and what it claims.

All are told where something is planted: peers get a document with nothing but that path in it. Who
has checks or modules for single classes is told the class besides, and starts those only: Wapiti,
and this project.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import re
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from benchmarks.outside import Outside
from pytest_cmdbguard import foreign_reports
from pytest_cmdbguard.campaigns.cast import Cast
from pytest_cmdbguard.campaigns.whereabouts import Whereabouts
from pytest_cmdbguard.campaigns.zap_rules import ZapRules
from pytest_cmdbguard.faults import Join
from pytest_cmdbguard.planted import Planted
from pytest_cmdbguard.probes.client import Api
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.services import cache, zap_state
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.targets import scope
from pytest_cmdbguard.targets.refcmdb import RefCmdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_cmdbguard.answers import Alert
    from pytest_cmdbguard.model import Json
    from pytest_cmdbguard.services.shared import Shared
    from pytest_cmdbguard.settings import Settings

RECORDS = 2000
# Wapiti's modules by the family of our check: CG-INJ-001 is of INJ.
MODULES = {
    "CMD": "exec",
    "CRLF": "crlf",
    "INJ": "sql,timesql",
    "PATH": "file",
    "SSRF": "ssrf",
    "TPL": "exec",
    "URL": "redirect",
    "XML": "xxe",
    "XSS": "xss,permanentxss",
}
FAILURE = re.compile(r"^- (.+)$", re.MULTILINE)

Claims = set[tuple[str, str]]  # METHOD /path, what is claimed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Where something is planted, and which check it is for; empty where a scanner is not told."""

    path: str
    operation: str = ""
    check: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The services, and the seconds that every peer has."""

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


def ours(ground: Ground, fault: str, hint: Hint, folder: Path) -> tuple[Claims, int]:
    """The findings of the quick profile, of the checks that :class:`Join` selects."""
    planted = Planted(name=fault, kind="", check=hint.check, operation=hint.operation, summary="")
    words = ["--cmdbguard", f"--cmdbguard-records={RECORDS}", f"--cmdbguard-report={folder}"]
    words += [f"--cmdbguard-fault={fault}"] if fault else []
    words += ["-p", "no:cacheprovider", f"--rootdir={folder}", str(folder)]
    before, output = _recorded(ground), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        join = Join(ground.shared, "gw0", planted, everywhere=False)
        status = pytest.main(words, plugins=[join])
    if status == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    report = folder / "results.json"
    if not report.is_file():
        raise _silent("pytest-cmdbguard", output.getvalue())
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    return {(f["operation"], f["check"]) for f in findings}, _recorded(ground) - before


def schemathesis(ground: Ground, fault: str, hint: Hint, folder: Path) -> tuple[Claims, int]:
    """The failures of all its checks."""
    program = _peer("schemathesis", "schemathesis")
    with ground.seat(fault) as seat:
        report, document = folder / "junit.xml", _document(hint, folder)
        words = [program, "run", document, "-H", _header(seat), "--checks=all"]
        words += ["--url", seat.base_url, "--report=junit", f"--report-junit-path={report}"]
        words += ["--continue-on-failure", "--no-color", f"--max-time={ground.seconds:.0f}"]
        output = _run(words, folder, ground.seconds)
    if not report.is_file():
        raise _silent("Schemathesis", output)
    claims = {
        (_operation(case.get("name", "")), line)
        for case in ET.parse(report).iter("testcase")  # noqa: S314 - a peer's own file
        for failure in case.iter("failure")
        for line in FAILURE.findall(failure.text or "")
    }
    generated = re.search(r"(\d+) generated", output)
    return claims, int(generated[1]) if generated else 0


def wapiti(ground: Ground, fault: str, hint: Hint, folder: Path) -> tuple[Claims, int]:
    """The vulnerabilities of its modules for the class; the default ones where there is none."""
    program, modules = _peer("wapiti3", "wapiti"), MODULES.get(hint.check.split("-")[1], "common")
    with ground.seat(fault) as seat, Outside() as outside:
        report, document = folder / "wapiti.json", _document(hint, folder, server=seat.base_url)
        words = [program, "-u", seat.base_url + "/", "--swagger", document]
        words += ["-H", _header(seat), "-m", modules, "-f", "json", "-o", str(report)]
        words += ["--flush-session", "--no-bugreport", "--store-session", str(folder), "-v", "2"]
        words += ["--endpoint", outside.url, "-d", "1"]
        each_s = ground.seconds / (1 + len(modules.split(",")))  # finding requests, every module
        words += [f"--max-scan-time={each_s:.0f}", f"--max-attack-time={each_s:.0f}"]
        output = _run(words, folder, ground.seconds)
        known = operations(seat.target.document(), where="refcmdb")
    if not report.is_file():
        raise _silent("Wapiti", output)
    return _placed(foreign_reports.alerts(report), Whereabouts(known)), output.count("[¨]")


def zap(ground: Ground, fault: str, hint: Hint, folder: Path) -> tuple[Claims, int]:
    """The alerts of its rules, from informational up; none without rules."""
    state = ground.shared.zap_state
    found = zap_state.wait(state) if state else None
    if found is None or found.level != "full":
        return set(), 0
    with ground.seat(fault) as seat:
        known = operations(_narrowed(hint), where="refcmdb")
        actor = Cast(seat.actors).broadest
        assert actor is not None
        api = Api(seat.base_url, seat.actors, proxy=found.url).as_actor(actor.name)
        before, document = found.recorded(), Path(_document(hint, folder))
        surroundings = Surroundings(api, known)
        rules = ZapRules(found, api, surroundings, document=document, budget_s=ground.seconds)
        suspicions = rules(known, [actor])
        return _placed(suspicions.alerts, Whereabouts(known)), found.recorded() - before


SCANNERS: dict[str, Callable[[Ground, str, Hint, Path], tuple[Claims, int]]] = {
    "pytest-cmdbguard": ours,
    "schemathesis": schemathesis,
    "wapiti": wapiti,
    "zap": zap,
}


def _recorded(ground: Ground) -> int:
    """How many requests ZAP has seen; 0 where there is none."""
    state = ground.shared.zap_state
    return zap_state.wait(state).recorded() if state else 0


def _narrowed(hint: Hint) -> Json:
    return scope.narrowed(RefCmdb().document(), paths=[hint.path] if hint.path else [])


def _document(hint: Hint, folder: Path, *, server: str = "") -> str:
    """A file with the document of the hinted path."""
    document = _narrowed(hint) | ({"servers": [{"url": server}]} if server else {})
    file = folder / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


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
            timeout=2 * seconds + 60,
        )
    except subprocess.TimeoutExpired:
        return "it did not end"
    return ended.stdout + ended.stderr


def _silent(peer: str, output: str) -> RuntimeError:
    """A peer that gives no report has not looked: that is no zero."""
    return RuntimeError(f"{peer} gave no report: {output.strip()[-600:]}")
