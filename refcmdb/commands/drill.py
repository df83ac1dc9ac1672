"""``drill``: prove that a backup can be restored, and how long that takes."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING

import msgspec

from refcmdb.commands.backup import acting

if TYPE_CHECKING:
    import argparse

    from refcmdb.services.backup import BackupService


def run(options: argparse.Namespace) -> int:
    """1 for a backup that lacks something that it must hold."""
    return acting(functools.partial(_drill, options))


def _drill(options: argparse.Namespace, service: BackupService) -> int:
    result = service.drill(options.backup)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    return 0 if result.passed else 1
