"""The pytest plugin. Without ``--cmdbguard`` it declares its options and does nothing else."""

from __future__ import annotations

import pytest

from .errors import GuardError
from .settings import add_options, is_enabled

MARKER = (
    "cmdbguard(id, criterion, title, severity, remedy, cwe, owasp, asvs, cis, operations, alone): "
    "a check of the acceptance gate; write it as @pytest_cmdbguard.check(...), "
    "or name at least the criterion"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ten options and their ini keys."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker always, the gate only when it was asked for."""
    config.addinivalue_line("markers", MARKER)
    try:
        if is_enabled(config):
            from .runner import register  # noqa: PLC0415 - loaded only where it is needed

            register(config)
    except GuardError as error:
        raise pytest.UsageError(str(error)) from None
