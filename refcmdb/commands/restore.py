"""``restore``: a new cluster from a backup."""

from __future__ import annotations

import functools
import sys
import time
from typing import TYPE_CHECKING

from refcmdb.commands.backup import acting
from refcmdb.services.backup import restoring

if TYPE_CHECKING:
    import argparse

    from refcmdb.services.backup import BackupService


def run(options: argparse.Namespace) -> int:
    """Nothing that runs is touched: the cluster is new, and somebody has to start it."""
    return acting(functools.partial(_restore, options))


def _restore(options: argparse.Namespace, service: BackupService) -> int:
    began, target = time.perf_counter(), options.into.absolute()
    record = service.restore(target, options.backup)
    elapsed_s = time.perf_counter() - began
    sys.stderr.write(
        f"refcmdb: restored {record.id} of {record.ended:%Y-%m-%d %H:%M:%S} in {elapsed_s:.1f} s\n"
    )
    sys.stdout.write(
        f"start  postgres -D {target / restoring.CLUSTER}\n"
        f"set    REFCMDB_STORAGE={target / restoring.STORAGE}\n"
        "empty  Redis, before refcmdb starts: it may hold answers from after the backup\n"
    )
    return 0
