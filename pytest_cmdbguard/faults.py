"""``python -m pytest_cmdbguard.faults``: does every planted fault turn its check red?

One environment with little data is started; then the gate runs once per fault and once per sound
look-alike ("twin") of the reference CMDB, each in a database clone and CMDB instance of its own.
A fault counts as found when its check has a finding at the planted operation and no other check
has any, save those that the fault's own module names as ALSO; one of a check that accuses nobody
counts when the check says that nothing is proven. A twin is accused by any finding or by any
check that could not decide.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import itertools
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .collection import claim_of, shipped_claims
from .errors import GuardError
from .gate import gate_key
from .planted import Planted, catalogue, family, judge
from .services.environment import Environment
from .services.shared import Shared
from .settings import Settings
from .targets import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import SimpleQueue

RECORDS = 2000
SIDE_BY_SIDE = 2
LOOK_AGAIN_S = 0.05


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the gate said with one of them planted; ``problem`` is empty when it was right."""

    planted: Planted
    problem: str
    seconds: float


class Join:
    """Lets a nested pytest run use services that are already up, and try one fault.

    What runs is the fault's own check wherever it applies, the checks of its family that look at
    the whole target, and at the planted operation every check of all families that is not timed.
    What makes an operation slow is tried with its family only: all else there would take for ever.
    Without ``everywhere`` the fault's own check runs at the planted operation only.
    """

    def __init__(
        self,
        shared: Shared,
        worker: str,
        planted: Planted,
        *,
        everywhere: bool = True,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """``tables`` are those of the settings that are other ones for this trial."""
        self.shared, self.worker, self.planted = shared, worker, planted
        self._tables = tables
        self._everywhere = everywhere
        self._is_slow = shipped_claims()[planted.check].alone

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the services to the gate before it would start its own."""
        gate = config.stash[gate_key]
        gate.shared, gate.worker = self.shared, self.worker
        if self._tables:
            tables = {**gate.settings.tables, **self._tables}
            gate.settings = dataclasses.replace(gate.settings, tables=tables)
            gate.target = load(gate.settings)

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Drop what says nothing about this fault."""
        dropped = [item for item in items if not self._concerned(item)]
        items[:] = [item for item in items if item not in dropped]
        config.hook.pytest_deselected(items=dropped)

    def _concerned(self, item: pytest.Item) -> bool:
        claim = claim_of(item)
        if claim is None or (self._everywhere and claim.id == self.planted.check):
            return claim is not None
        operation = getattr(item, "callspec", None) and item.callspec.params.get("operation")  # type: ignore[attr-defined]
        if operation is None:
            return family(claim.id) == family(self.planted.check)
        timed = claim.alone or self._is_slow
        return operation.id == self.planted.operation and not timed


def attempt(planted: Planted, shared: Shared, worker: str, operations: Mapping[str, str]) -> Trial:
    """Run the gate with the fault planted, quietly, and read its results."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="cmdbguard-faults-") as folder:
        words = ["--cmdbguard", "--cmdbguard-fault", planted.name, "--cmdbguard-report", folder]
        words += [f"--rootdir={folder}", f"--cmdbguard-records={RECORDS}"]
        words += [f"--cmdbguard-services={shared.details['services']}"]
        words += ["-p", "no:cacheprovider", "-p", "no:randomly"]
        output = io.StringIO()
        with (
            planted.prepared(Path(folder), Settings.defaults(Path.cwd())) as tables,
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            join = Join(shared, worker, planted, tables=tables)
            status = pytest.main([*words, folder], plugins=[join])
        path = Path(folder, "results.json")
        if not path.is_file():
            problem = f"pytest ended with {status}: {output.getvalue()[-800:]}"
        else:
            results = json.loads(path.read_text(encoding="utf-8"))
            problem = judge(planted, results, operations.get(planted.operation, ""))
    return Trial(planted=planted, problem=problem, seconds=time.perf_counter() - began)


def _work(
    queue: SimpleQueue[Planted | None],
    done: SimpleQueue[Trial],
    shared: dict[str, Any],
    worker: str,
    paths: dict[str, str],
) -> None:
    joined = Shared.from_json(shared)
    while (planted := queue.get()) is not None:
        try:
            trial = attempt(planted, joined, worker, paths)
        except Exception as error:  # noqa: BLE001 - it is told, and nobody waits for it for ever
            problem = f"{type(error).__name__}: {error}"
            trial = Trial(planted=planted, problem=problem, seconds=0.0)
        done.put(trial)


def trials(chosen: Sequence[Planted], shared: Shared, paths: dict[str, str]) -> Iterator[Trial]:
    """The trial of each as they end; what is timed comes last and has the machine for itself."""
    claims = shipped_claims()
    timed = [planted for planted in chosen if claims[planted.check].alone]
    yield from _tried([p for p in chosen if p not in timed], shared, paths, workers=SIDE_BY_SIDE)
    yield from _tried(timed, shared, paths, workers=1)


def _tried(
    chosen: Sequence[Planted], shared: Shared, paths: dict[str, str], *, workers: int
) -> Iterator[Trial]:
    context = multiprocessing.get_context("spawn")
    queue: SimpleQueue[Planted | None] = context.SimpleQueue()
    done: SimpleQueue[Trial] = context.SimpleQueue()
    processes = [
        context.Process(target=_work, args=(queue, done, shared.to_json(), f"gw{number}", paths))
        for number in range(min(workers, len(chosen)))
    ]
    for process in processes:
        process.start()
    waiting = iter(chosen)
    try:
        for planted in itertools.islice(waiting, workers):
            queue.put(planted)
        for _ in chosen:
            trial = _awaited(done, processes)
            # One at a time: a pipe that is full holds up its writer.
            queue.put(next(waiting, None))
            yield trial
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _awaited(done: SimpleQueue[Trial], processes: Sequence[BaseProcess]) -> Trial:
    """The next trial that ends. Raises: GuardError where a process that tries faults is gone."""
    while done.empty():
        for process in processes:
            if process.exitcode:
                raise GuardError(
                    f"a process that tried faults ended with status {process.exitcode}; "
                    "name those without a line above, and they are tried again"
                )
        time.sleep(LOOK_AGAIN_S)
    return done.get()


def report(trial: Trial) -> str:
    """One line about a trial."""
    word = "ok" if not trial.problem else "WRONG"
    planted = trial.planted
    line = f"{word:<6} {planted.check:<13} {planted.kind:<6} {planted.name:<34}"
    line += f" {trial.seconds:5.1f} s"
    return line + (f"\n       {trial.problem}" if trial.problem else "")


def closing(ended: Sequence[Trial], seconds: float) -> str:
    """The last line of the output, which other programs may read."""
    faults = [trial for trial in ended if trial.planted.kind == "fault"]
    twins = [trial for trial in ended if trial.planted.kind == "twin"]
    found = sum(not trial.problem for trial in faults)
    accused = sum(bool(trial.problem) for trial in twins)
    return (
        f"faults: {len(faults)} planted, {found} found; "
        f"twins: {len(twins)} sound, {accused} accused; {seconds:.0f} s"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every fault and twin, or those named; exit status 0 only if all were judged rightly."""
    parser = argparse.ArgumentParser(prog="python -m pytest_cmdbguard.faults", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these faults and twins")
    parser.add_argument("--zap", default="auto", help="auto, off, or the URL of a running ZAP")
    parser.add_argument(
        "--services",
        choices=("embedded", "containers"),
        default="embedded",
        help="where all of it runs; of containers, images and all else as cmdbguard.toml says",
    )
    parser.add_argument(
        "--sample",
        type=int,
        metavar="K",
        help="only the K-th fault and twin of each check, counted in a circle",
    )
    told = parser.parse_args(arguments)
    names = told.names
    everything = catalogue()
    unknown = set(names) - {planted.name for planted in everything}
    if unknown:
        known = ", ".join(planted.name for planted in everything)
        parser.error(f"no fault or twin named {', '.join(sorted(unknown))}; known are: {known}")
    chosen = [planted for planted in everything if not names or planted.name in names]
    if left := [one for one in chosen if not one.can_be_tried(told.services)]:
        chosen = [one for one in chosen if one not in left]
        print(f"faults: {len(left)} left out, which need other --services")  # noqa: T201 - a program prints
    if told.sample is not None:
        chosen = sampled(chosen, told.sample)
    try:
        ended, seconds = _try_all(chosen, zap=told.zap, services=told.services)
    except GuardError as error:
        parser.exit(4, f"faults: {error}\n")
    print(closing(ended, seconds))  # noqa: T201 - a program prints
    return int(any(trial.problem for trial in ended))


def sampled(chosen: Sequence[Planted], number: int) -> list[Planted]:
    """Of each check one fault and one twin: what a run has time for that has little.

    Timed checks are left out: on a slow answer they wait for as many as they need.
    """
    claims = shipped_claims()
    groups: dict[tuple[str, str], list[Planted]] = {}
    for planted in (one for one in chosen if not claims[one.check].alone):
        groups.setdefault((planted.check, planted.kind), []).append(planted)
    return [group[number % len(group)] for group in groups.values()]


def _try_all(chosen: Sequence[Planted], *, zap: str, services: str) -> tuple[list[Trial], float]:
    began = time.perf_counter()
    settings = dataclasses.replace(
        Settings.defaults(Path.cwd()), records=RECORDS, zap=zap, services=services
    )
    target = load(settings)
    environment = Environment(settings, target, lambda line: print(f"faults: {line}", flush=True))  # noqa: T201 - a program prints
    ended = []
    try:
        shared = environment.start()
        for trial in trials(chosen, shared, _paths(target.document())):
            print(report(trial), flush=True)  # noqa: T201 - a program prints
            ended.append(trial)
    finally:
        environment.stop(keep_logs_in=None)
    return ended, time.perf_counter() - began


def _paths(document: Mapping[str, Any]) -> dict[str, str]:
    """Operation id to ``METHOD /path``."""
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


if __name__ == "__main__":
    raise SystemExit(main())
