"""Running a target's own commands, and telling what went wrong with them."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceError, ServiceMissing
from pytest_cmdbguard.services.inheritance import inherited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


# of a URL, on a command line or in what a command printed
PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s@]*(@)")


def run(
    name: str,
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path | None = None,
) -> str:
    """What the command printed.

    Args:
        name: of the target, for messages.
        argv: the program and its arguments.
        environment: added to the little that is inherited.
        directory: where it runs; the current one by default.
    Raises: ServiceMissing when there is no such program, ServiceError with its last words.
    """
    try:
        finished = subprocess.run(
            list(argv),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=directory,
            env=inherited() | dict(environment),
        )
    except OSError as error:
        raise ServiceMissing(
            name,
            f"{argv[0]} cannot be run ({error.strerror})",
            remedy="correct the command in cmdbguard.toml or install the program",
        ) from None
    if finished.returncode:
        words = finished.stderr.strip() or finished.stdout.strip() or "it said nothing"
        last = "\n".join(words.splitlines()[-3:])
        told = f"`{shlex.join(argv)}` ended with {finished.returncode}: {last}"
        raise ServiceError(name, PASSWORD.sub(r"\1***\2", told))
    return finished.stdout
