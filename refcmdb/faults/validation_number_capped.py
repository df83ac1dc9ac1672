"""The number of a site may be any: what cannot be stored is looked for all the same."""

from __future__ import annotations

from refcmdb.api.values import LARGEST_ID
from refcmdb.faults.planting_values import read_any_site

KIND = "twin"
CHECK = "CG-VAL-002"
OPERATION = "sites_read"


def plant() -> None:
    """It is the largest one then, which nothing has: 404."""
    read_any_site(lambda text: min(int(text), LARGEST_ID))
