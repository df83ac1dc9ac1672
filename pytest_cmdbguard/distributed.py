"""Running over several xdist workers: the controller starts, the workers join.

The controller (a pytest process that runs no items itself) starts the services and hands every
worker what it needs to find them. Timing items must run alone; group marks do nothing with
pytest 9.2 and xdist 3.8, so a file lock keeps the others away.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from .services.run_directory import write_json
from .services.shared import Shared
from .verdicts import Plan

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from .gate import Gate

PLAN = "plan.json"
INPUT = "cmdbguard"
alone_key = pytest.StashKey["Alone"]()


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs items for an xdist controller."""
    return hasattr(config, "workerinput")


def is_distributed(config: pytest.Config) -> bool:
    """Whether this process hands its items to xdist workers."""
    return not is_worker(config) and getattr(config.option, "dist", "no") != "no"


class Alone:
    """A lock that many items share and a timing item holds for itself.

    Two files: who waits for the exclusive lock holds the turnstile, so that a stream of sharers
    cannot starve it. Where there is only one process there is nothing to lock.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    @classmethod
    def of(cls, config: pytest.Config) -> Alone:
        """The lock of this run."""
        return config.stash.setdefault(alone_key, cls(None))

    @contextlib.contextmanager
    def hold(self, *, exclusive: bool) -> Iterator[None]:
        """Wait for the lock and keep it for the block."""
        if self.directory is None:
            yield
            return
        with self._locked("turnstile", fcntl.LOCK_EX) as turnstile:
            mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
            with self._locked("alone", mode):
                fcntl.flock(turnstile, fcntl.LOCK_UN)
                yield

    @contextlib.contextmanager
    def _locked(self, name: str, mode: int) -> Iterator[int]:
        assert self.directory is not None
        descriptor = os.open(self.directory / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, mode)
            yield descriptor
        finally:
            os.close(descriptor)


class ControllerLink:
    """xdist's hooks on the controller."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - what it is, another package decides
        """Tell a new worker where everything is."""
        if self.gate.shared is not None:
            node.workerinput[INPUT] = json.dumps(self.gate.shared.to_json())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None]:
        """Take over the plan that a worker wrote: the controller collects nothing itself.

        Raises: pytest.UsageError, after everybody else finished, when the workers met one.
        """
        problem = self._take_over()
        yield
        if problem:
            raise pytest.UsageError(problem)

    def _take_over(self) -> str:
        """Returns: what was wrong with the user's markers, empty when nothing was."""
        if self.gate.shared is None or self.gate.plan is not None:
            return ""
        path = self.gate.shared.run_directory / PLAN
        if path.is_file():
            data = json.loads(path.read_text(encoding="utf-8"))
            self.gate.plan = Plan.from_json(data["plan"])
            self.gate.selection.deselected = data["deselected"]
            self.gate.aborted = data["problem"] or self.gate.aborted
            return str(data["problem"])
        return ""


class WorkerLink:
    """A worker's side: join the services, tell the plan, leave."""

    def __init__(self, config: pytest.Config, gate: Gate) -> None:
        self.gate = gate
        handed: dict[str, Any] = config.workerinput  # type: ignore[attr-defined] # set by xdist
        gate.worker = handed["workerid"]
        if data := handed.get(INPUT):
            gate.shared = Shared.from_json(json.loads(data))
            config.stash[alone_key] = Alone(gate.shared.run_directory)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Write the plan; every worker has the same one, so the last to write does no harm."""
        if self.gate.shared is None or self.gate.plan is None:
            return
        data = {
            "plan": self.gate.plan.to_json(),
            "deselected": self.gate.selection.deselected,
            "problem": self.gate.aborted,
        }
        write_json(self.gate.shared.run_directory / PLAN, data)

    def pytest_sessionfinish(self) -> None:
        """End this worker's own CMDB instance and database."""
        self.gate.leave()
