"""A site is saved under its own name, whose quotes end the file name."""

from __future__ import annotations

from refcmdb.faults.told_headers import tell

KIND = "fault"
CHECK = "CG-CRLF-002"
OPERATION = "sites_create"


def plant() -> None:
    """A file name that is chosen by whoever names the site, and an ending of another type."""
    tell("sites", "content-disposition", "name", 'inline; filename="{}.json"'.format)
