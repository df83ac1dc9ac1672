"""Which planted faults do scanners find, at which price, and whom do they accuse wrongly?

The same faults and sound look-alikes (twins), one at a time, the same machine, the same reference
CMDB, an administrator's token for everybody: this project's security checks, Schemathesis, Wapiti,
and ZAP with the rules that ``--addons`` gives it. Peers stop at ``--seconds`` per trial.

A claim counts when it is not made of the CMDB without any fault, looked at in the same way. A
fault is found by a claim at its operation, whatever it says; a twin is accused by any claim.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers import RECORDS, SCANNERS, Ground, Hint
from pytest_cmdbguard.planted import catalogue
from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.settings import Settings
from pytest_cmdbguard.targets.refcmdb import RefCmdb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.peers import Claims
    from pytest_cmdbguard.planted import Planted

TOLD_THE_CLASS = ("pytest-cmdbguard", "wapiti")
# Of classes that scanners look for from outside: each shows in an answer, or by a call elsewhere.
CHOSEN = (
    *("sql-sort-concat", "sql-list-joined", "validation-serial-unchecked"),
    *("xss-search-reflected", "xss-search-attribute", "xss-login-next", "crlf-search-header"),
    *("redirect-unchecked", "cmd-reachability-shell", "path-report-joined"),
    *("tpl-plain-environment", "ssrf-fetch-unchecked"),
    *("sql-comment-encoded", "xss-escaped-otherwise", "crlf-search-encoded"),
    *(
        "redirect-listed-host",
        "cmd-quoted-shell",
        "path-report-last-part",
        "ssrf-fetch-allow-list",
    ),
)


@dataclasses.dataclass(slots=True)
class Score:
    """Of one scanner over all trials."""

    found: int = 0
    accused: int = 0
    requests: int = 0
    seconds: float = 0.0
    said_of_sound: int = 0


class Measuring:
    """Tries one scanner on everything that is chosen."""

    def __init__(self, scanner: str, ground: Ground, places: dict[str, str]) -> None:
        """``places`` are the operations by their ids."""
        self._scanner, self._ground, self._places = scanner, ground, places
        self._sound: dict[Hint, Claims] = {}
        self.score = Score()

    def __call__(self, chosen: Sequence[Planted]) -> Score:
        """Prints a line per trial."""
        for planted in chosen:
            self._try(planted)
        self.score.said_of_sound = len(set().union(*self._sound.values()))
        return self.score

    def _try(self, planted: Planted) -> None:
        place = self._places.get(planted.operation, "")
        hint = Hint(path=place.partition(" ")[2])
        if self._scanner in TOLD_THE_CLASS:
            hint = dataclasses.replace(hint, operation=planted.operation, check=planted.check)
        if hint not in self._sound:
            self._sound[hint] = self._trial("", hint)[0]
        claims, requests, seconds = self._trial(planted.name, hint)
        news = {operation for operation, _ in claims - self._sound[hint]}
        is_found = planted.kind == "fault" and (place in news or (not place and bool(news)))
        is_accused = planted.kind == "twin" and bool(news)
        self.score.found += is_found
        self.score.accused += is_accused
        self.score.requests += requests
        self.score.seconds += seconds
        word = "found" if is_found else "accused" if is_accused else "-"
        self._print(planted.kind, planted.name, f"{word:<8} {requests:6,} requests", seconds)

    def _trial(self, fault: str, hint: Hint) -> tuple[Claims, int, float]:
        """What is claimed of the CMDB with a fault, the requests, and the seconds."""
        with tempfile.TemporaryDirectory(prefix="cmdbguard-scoreboard-") as folder:
            began = time.perf_counter()
            claims, requests = SCANNERS[self._scanner](self._ground, fault, hint, Path(folder))
            seconds = time.perf_counter() - began
        if not fault:
            self._print("sound", hint.path or "everything", f"{len(claims)} claims", seconds)
        return claims, requests, seconds

    def _print(self, kind: str, name: str, words: str, seconds: float) -> None:
        print(
            f"{self._scanner:<17} {kind:<6} {name:<34} {words:<26} {seconds:6.1f} s",
            flush=True,
        )


def table(scores: dict[str, Score], chosen: Sequence[Planted]) -> Iterator[str]:
    """The scoreboard in Markdown, and how many times as long peers take per fault they find."""
    faults = sum(planted.kind == "fault" for planted in chosen)
    yield "| scanner | found | accused | said of the sound | requests | s | s per found fault |"
    yield "|---|---|---|---|---|---|---|"
    for name, score in scores.items():
        each = f"{score.seconds / score.found:.1f}" if score.found else "-"
        yield (
            f"| {name} | {score.found}/{faults} | {score.accused}/{len(chosen) - faults} | "
            f"{score.said_of_sound} | {score.requests:,} | {score.seconds:.0f} | {each} |"
        )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scanners", nargs="+", default=list(SCANNERS), choices=list(SCANNERS))
    parser.add_argument("--only", nargs="+", default=CHOSEN, help="names of faults and twins")
    parser.add_argument("--seconds", type=float, default=30.0, help="of a peer per trial")
    parser.add_argument("--addons", help="a directory with ZAP's rule add-ons")
    told = parser.parse_args()
    known = {planted.name: planted for planted in catalogue()}
    if unknown := set(told.only) - known.keys():
        names = ", ".join(sorted(unknown))
        parser.error(f"nothing is called {names}: python -m refcmdb faults tells what there is")
    chosen = [known[name] for name in told.only]
    tables = {"services": {"zap": {"addons": told.addons}}} if told.addons else {}
    settings = dataclasses.replace(Settings.defaults(Path.cwd()), records=RECORDS, tables=tables)
    environment = Environment(settings, RefCmdb(), lambda line: print(line, flush=True))
    try:
        ground = Ground(shared=environment.start(), settings=settings, seconds=told.seconds)
        places = {op.id: str(op) for op in operations(RefCmdb().document(), where="refcmdb")}
        scores = {name: Measuring(name, ground, places)(chosen) for name in told.scanners}
    finally:
        environment.stop()
    print(*table(scores, chosen), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
