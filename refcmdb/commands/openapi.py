"""``openapi``: print the OpenAPI document."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from refcmdb.api import openapi

if TYPE_CHECKING:
    import argparse


def run(_options: argparse.Namespace) -> int:
    """Needs no server, no database and no settings."""
    sys.stdout.write(openapi.document_json().decode() + "\n")
    return 0
