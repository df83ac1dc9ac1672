"""Which backups stay."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from clusters import empty_record, entries

from refcmdb.services import backup
from refcmdb.services.backup import records

if TYPE_CHECKING:
    from pathlib import Path

    from refcmdb.services.backup.records import Record


def test_retention_keeps_what_others_need(take, backups):
    alone = {"REFCMDB_BACKUP_KEEP": "1", "REFCMDB_BACKUP_KEEP_DAYS": "1"}
    full, incremental = take(**alone), take("incremental", **alone)
    age(backups, days=3)
    second = take("incremental", **alone)
    assert entries(backups) == sorted(line["id"] for line in (full, incremental, second))
    age(backups, days=3)
    last = take(**alone)
    assert entries(backups) == [last["id"]]
    assert backup.newest(backups).id == last["id"]


def age(directory: Path, *, days: int) -> None:
    """As if all backups had been taken earlier."""
    for path in directory.glob("*/backup.json"):
        record = json.loads(path.read_text())
        earlier = dt.datetime.fromisoformat(record["ended"]) - dt.timedelta(days=days)
        path.write_text(json.dumps(record | {"ended": earlier.isoformat()}))


def made_up(name: str, *, days: int, parent: str | None = None) -> Record:
    return empty_record(name, age_s=days * 86_400, parent=parent)


@pytest.mark.parametrize(
    ("keep", "keep_days", "gone"),
    [
        (1, 1, "a b c"),  # e needs d
        (2, 1, "c"),  # b needs a
        (1, 6, "c"),
        (9, 1, ""),
        (1, 99, ""),
    ],
)
def test_surplus_is_neither_new_nor_young_nor_needed(keep, keep_days, gone):
    taken = [
        made_up("a", days=9),
        made_up("c", days=8),
        made_up("d", days=7),
        made_up("b", days=5, parent="a"),
        made_up("e", days=2, parent="d"),
    ]
    surplus = records.surplus(taken, keep=keep, keep_days=keep_days)
    assert sorted(record.id for record in surplus) == gone.split()
