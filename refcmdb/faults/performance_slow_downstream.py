"""Each device list waits 2.2 s for an asset service that is called without a time-out."""

from __future__ import annotations

import asyncio

from refcmdb.faults.planting import before_list

KIND = "fault"
CHECK = "CG-PERF-001"
OPERATION = "devices_list"
DELAY_S = 2.2


def plant() -> None:
    """The asset service is slow today."""
    before_list("devices", _ask_asset_service)


async def _ask_asset_service() -> None:
    await asyncio.sleep(DELAY_S)
