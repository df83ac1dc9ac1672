"""``serve``: answer requests until SIGTERM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.server import serve
from refcmdb.settings import Settings

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """With ``--fault``, defective on purpose."""
    settings = Settings.from_environment()
    return serve(
        settings,
        host=options.host,
        port=options.port,
        fault=options.fault,
        published_on_loopback=options.published_on_loopback,
    )
