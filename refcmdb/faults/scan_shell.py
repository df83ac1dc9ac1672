"""The version that /health tells is asked of a shell; no input is in it, and it is a shell."""

from __future__ import annotations

import subprocess
import sys

from refcmdb.api import endpoints

KIND = "fault"
CHECK = "CG-SCAN-001"
OPERATION = ""


def plant() -> None:
    """Once, at the start."""
    command = f"{sys.executable} -c 'import refcmdb; print(refcmdb.__version__)'"
    told = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    vars(endpoints)["__version__"] = told.stdout.strip()
