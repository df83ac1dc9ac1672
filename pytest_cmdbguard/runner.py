"""Puts the gate into a pytest run: its state, its fixtures and the plugins with its hooks."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import pytest

from .collecting import Collecting
from .controlling import Controlling
from .distributed import WorkerLink, is_worker
from .gate import Gate, gate_key
from .recording import Recording
from .settings import Settings

FIXTURES = "pytest_cmdbguard.fixtures"


def register(config: pytest.Config) -> None:
    """Put the gate into this pytest run.

    Raises: GuardError for settings that cannot be used.
    """
    if FIXTURES not in sys.modules:
        pytest.register_assert_rewrite("pytest_cmdbguard.checks", FIXTURES)
    gate = Gate(Settings.from_config(config))
    config.stash[gate_key] = gate
    config.add_cleanup(gate.stop)
    _register_fixtures(config)
    _let_lf_choose_items(config)
    config.pluginmanager.register(Collecting(gate), "cmdbguard-collecting")
    config.pluginmanager.register(Recording(gate), "cmdbguard-recording")
    if is_worker(config):
        config.pluginmanager.register(WorkerLink(config, gate), "cmdbguard-worker")
        return
    config.pluginmanager.register(Controlling(config, gate), "cmdbguard-controlling")
    if config.pluginmanager.hasplugin("xdist"):
        from .distributed import ControllerLink  # noqa: PLC0415 - loaded only where it is needed

        config.pluginmanager.register(ControllerLink(gate), "cmdbguard-controller")


def _register_fixtures(config: pytest.Config) -> None:
    package = importlib.import_module(FIXTURES)
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{FIXTURES}.{found.name}")
        config.pluginmanager.register(module, f"cmdbguard-fixture-{found.name}")


def _let_lf_choose_items(config: pytest.Config) -> None:
    """Keep ``--lf`` from leaving out whole files; it still deselects what did not fail.

    It looks for the files of failed items on the disk, where shipped checks have none, and the
    gate must know how many items there are.
    """
    if config.pluginmanager.hasplugin("lfplugin-collwrapper"):
        config.pluginmanager.unregister(name="lfplugin-collwrapper")
