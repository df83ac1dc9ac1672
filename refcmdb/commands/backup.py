"""``backup``: take one, full or incremental; list those there are; verify one."""

from __future__ import annotations

import functools
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import msgspec
import psycopg

from refcmdb.commands import complain
from refcmdb.services.backup import BackupProblem, BackupService
from refcmdb.services.encryption import KeyProblem
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from refcmdb.services.backup.records import Record


def run(options: argparse.Namespace) -> int:
    """``list`` and ``verify`` write nothing."""
    return acting(functools.partial(_act, options))


def acting(act: Callable[[BackupService], int]) -> int:
    """What ``act`` returns, or one line on stderr for what it cannot do; SIGTERM tidies up."""
    signal.signal(signal.SIGTERM, _stop)
    service = BackupService(Settings.from_environment())
    try:
        return act(service)
    except (BackupProblem, KeyProblem, psycopg.Error) as error:
        return complain(error)
    except OSError as error:
        return complain(f"{error}; nothing is left half-written, try again when that is mended")


def _act(options: argparse.Namespace, service: BackupService) -> int:
    if options.action == "list":
        return _print([summary(record) for record in service.listed()])
    if options.action == "verify":
        return _print({"intact": [record.id for record in service.verify(options.backup)]})
    began = time.perf_counter()
    record = service.take(incremental=options.action == "incremental")
    elapsed_s = time.perf_counter() - began
    megabytes = record.size_bytes / 1e6
    sys.stderr.write(f"refcmdb: sealed {megabytes:,.1f} MB in {elapsed_s:.1f} s, verified\n")
    return _print(summary(record))


def summary(record: Record) -> dict[str, object]:
    """A backup in a line."""
    return {
        "id": record.id,
        "kind": record.kind,
        "parent": record.parent,
        "ended": record.ended,
        "size_bytes": record.size_bytes,
        "rows": sum(table.rows for table in record.tables.values()),
        "moving": record.moving,
    }


def _print(what: object) -> int:
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    return 0


def _stop(_number: int, _frame: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)
