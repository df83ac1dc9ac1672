"""``faults``: list what can be planted, as JSON."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def run(_options: argparse.Namespace) -> int:
    """Imports the faults by name, because nothing of the product imports them."""
    catalogue = importlib.import_module("refcmdb.faults.catalogue")
    sys.stdout.write(json.dumps(catalogue.entries(), indent=2) + "\n")
    return 0
