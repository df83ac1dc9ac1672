"""The web application as ``make frontend`` built it: every file in memory, in all its encodings.

Nothing of a request becomes a path of the file system: a name is in the table, or it is not there.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refcmdb.middleware.compression.negotiation import weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILT = Path(__file__).with_name("built")
ENTRY = "src/main.tsx"
ICON = "src/icon.svg"
# Content codings (RFC 9110 §8.4.1) and how the files that have them end.
CODINGS = {"zstd": ".zst", "br": ".br", "gzip": ".gz"}
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The bytes of a file in one content coding; ``identity`` is none."""

    coding: str
    body: bytes
    etag: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file; its variants, smallest first."""

    media_type: str
    variants: tuple[Variant, ...]

    def variant_for(self, accepted: str | None) -> Variant:
        """The best that an Accept-Encoding header allows, and of equals the smallest."""
        weights = weights_of(accepted or "")
        others = weights.get("*", 0.0)
        ranked = [(weights.get(v.coding, others), v) for v in self.variants]
        best = max(weight for weight, _ in ranked)
        allowed = [v for weight, v in ranked if weight == best > 0]
        return allowed[0] if allowed else self.plain

    @property
    def plain(self) -> Variant:
        """The file as it is, which everybody understands."""
        return next(v for v in self.variants if v.coding == "identity")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The files by name, and those that the first page needs."""

    files: Mapping[str, Asset]
    script: str
    styles: tuple[str, ...]
    icon: str


@functools.cache
def load(directory: Path = BUILT) -> Bundle | None:
    """What was built, read once; None where nothing was."""
    manifest = directory / "manifest.json"
    if not manifest.is_file():
        return None
    described: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    entry = described[ENTRY]
    return Bundle(
        files={
            path.name: _asset(path) for path in (directory / "assets").iterdir() if _plain(path)
        },
        script=Path(entry["file"]).name,
        styles=tuple(Path(style).name for style in entry.get("css", ())),
        icon=Path(described[ICON]["file"]).name,
    )


def _plain(path: Path) -> bool:
    return path.suffix in MEDIA_TYPES


def _asset(path: Path) -> Asset:
    variants = [_variant(path, "identity")]
    for coding, suffix in CODINGS.items():
        compressed = path.with_name(path.name + suffix)
        if compressed.is_file():
            variants.append(_variant(compressed, coding))
    smallest_first = sorted(variants, key=lambda variant: len(variant.body))
    return Asset(media_type=MEDIA_TYPES[path.suffix], variants=tuple(smallest_first))


def _variant(path: Path, coding: str) -> Variant:
    body = path.read_bytes()
    etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    return Variant(coding=coding, body=body, etag=etag)
