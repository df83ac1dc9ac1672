"""How the process that starts ZAP tells the others what became of it: a file."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import GuardError, ServiceMissing, ServiceNotReady

from .run_directory import write_json
from .zap import NAME, Zap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAIT_S = 600.0  # a first run downloads it


def report(path: Path, start: Callable[[], Zap]) -> None:
    """Start ZAP and write down where it is, or why it is not there. Never raises.

    Whatever goes wrong is told: silence would leave the others waiting.
    """
    state: dict[str, Any] = {"zap": None, "problem": "it was given up", "remedy": ""}
    try:
        state = {"zap": start().to_json()}
    except ServiceMissing as error:
        state = {"zap": None, "problem": error.problem, "remedy": error.remedy}
    except GuardError as error:
        state = {"zap": None, "problem": str(error), "remedy": "look into zap.log"}
    finally:
        if path.parent.is_dir():
            write_json(path, state)


def wait(path: Path) -> Zap:
    """The ZAP that :func:`report` wrote down.

    Raises: ServiceMissing with the reason, ServiceNotReady after ten minutes.
    """
    deadline = time.monotonic() + WAIT_S
    while not path.exists():
        if time.monotonic() > deadline or not path.parent.is_dir():
            remedy = "look into zap.log, or use --cmdbguard-zap off"
            raise ServiceNotReady(NAME, waited_s=WAIT_S, last_log="", remedy=remedy)
        time.sleep(0.02)
    state = json.loads(path.read_text(encoding="utf-8"))
    if state["zap"] is None:
        raise ServiceMissing(NAME, state["problem"], remedy=state["remedy"])
    return Zap.from_json(state["zap"])


def peek(path: Path) -> dict[str, str] | None:
    """What is known now, in words (``zap``) and as a level (``zap_level``); None if nothing is."""
    if not path.exists():
        return None
    state = json.loads(path.read_text(encoding="utf-8"))
    if state["zap"] is None:
        return {"zap": f"ZAP off ({state['problem']})", "zap_level": "off"}
    zap = Zap.from_json(state["zap"])
    return {"zap": f"ZAP {zap.version} {zap.level}", "zap_level": zap.level}
