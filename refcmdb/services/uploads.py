"""What may be uploaded: names that are only names, types that are harmless and true."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_NAME = 150
LARGEST_BYTES = 2 * 1024 * 1024


class UploadProblem(Exception):
    """A file that is not accepted, in words for the caller."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is accepted."""

    name: str
    media_type: str
    content: bytes


def checked(name: str, media_type: str, content: bytes) -> Upload:
    """The upload with its name cleaned.

    Raises: UploadProblem for a type that is not on the list, for content that is not of the type,
        and for what is too large.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if len(content) > LARGEST_BYTES:
        raise UploadProblem(f"a file may have at most {LARGEST_BYTES} bytes")
    if kind not in ALLOWED:
        raise UploadProblem(f"the type of a file must be one of {', '.join(ALLOWED)}")
    if not ALLOWED[kind](content):
        raise UploadProblem(f"the content is not {kind}")
    return Upload(name=clean_name(name), media_type=kind, content=content)


def clean_name(name: str) -> str:
    """The last part of a path, without control characters and leading dots, cut to 150."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return shown.strip().lstrip(".")[-LONGEST_NAME:] or "attachment"


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _begins(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(magic)


# Nothing that a browser would run: no HTML, no SVG, no XML.
ALLOWED: Mapping[str, Callable[[bytes], bool]] = {
    "text/plain": _is_text,
    "text/csv": _is_text,
    "application/pdf": _begins(b"%PDF-"),
    "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _begins(b"\xff\xd8\xff"),
}
