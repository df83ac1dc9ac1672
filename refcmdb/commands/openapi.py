"""``openapi``: print the OpenAPI document."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from refcmdb import variables
from refcmdb.api import openapi
from refcmdb.services.assistant.settings import Assistance

if TYPE_CHECKING:
    import argparse


def run(_options: argparse.Namespace) -> int:
    """Needs no server, no database, and no settings but those of the assistant."""
    assistant = variables.read(Assistance, os.environ).enabled
    sys.stdout.write(openapi.document_json(assistant=assistant).decode() + "\n")
    return 0
