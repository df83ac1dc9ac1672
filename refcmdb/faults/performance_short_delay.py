"""Each device list waits 20 ms for an asset service."""

from __future__ import annotations

import asyncio

from refcmdb.faults.planting import before_list

KIND = "twin"
CHECK = "CG-PERF-001"
OPERATION = "devices_list"
DELAY_S = 0.02


def plant() -> None:
    """The asset service is quick."""
    before_list("devices", _ask_asset_service)


async def _ask_asset_service() -> None:
    await asyncio.sleep(DELAY_S)
