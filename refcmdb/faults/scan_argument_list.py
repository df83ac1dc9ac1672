"""The version that /health tells is asked of a process, by an argument list of constants."""

from __future__ import annotations

import subprocess
import sys

from refcmdb.api import endpoints

KIND = "twin"
CHECK = "CG-SCAN-001"
OPERATION = ""


def plant() -> None:
    """Once, at the start."""
    command = [sys.executable, "-c", "import refcmdb; print(refcmdb.__version__)"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    vars(endpoints)["__version__"] = told.stdout.strip()
