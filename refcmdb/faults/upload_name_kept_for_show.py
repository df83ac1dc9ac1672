"""The name that a client gave its file is kept as it is, with all its dots and slashes; the file
lies under a random name.
"""

from __future__ import annotations

from refcmdb.services import uploads

KIND = "twin"
CHECK = "CG-UPL-001"
OPERATION = "attachments_create"


def plant() -> None:
    """A name is only shown."""
    uploads.clean_name = lambda name: (
        "".join(letter for letter in name if letter.isprintable())[-uploads.LONGEST_NAME :]
        or "attachment"
    )
