"""The layers of an image as files: also what a later layer deleted is still in an earlier one."""

from __future__ import annotations

import dataclasses
import json
import re
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

READ_BYTES = 64 * 1024  # credentials are short
# What packages bring is public: keys in there are for tests and examples.
PACKAGES = re.compile(
    r"(usr/(lib|lib64|share|include|local/lib|local/share|src)|lib|lib64|var/lib/(dpkg|apt)"
    r"|etc/ssl/certs|etc/alternatives)/|etc/ssl/private/ssl-cert-snakeoil\.key|.*/(site-packages|dist-packages|node_modules)/"
)
DISTRIBUTION = re.compile(r".*/([^/]+)-([^/-]+)\.dist-info/METADATA")
DPKG = "var/lib/dpkg/status"
WHITEOUT = ".wh."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LayerFile:
    """A file as one layer has it; ``layer`` counts from 1, ``made_by`` is what built it."""

    layer: int
    made_by: str
    path: str
    content: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """All layers of an image.

    ``files`` are those that no package brought, as far as they are short; ``deleted`` says by its
    path in which layer one was taken away. ``paths`` are all, ``packages`` the name and version of
    what is installed, by kind (``deb``, ``pypi``).
    """

    count: int
    files: tuple[LayerFile, ...]
    deleted: Mapping[str, int]
    paths: frozenset[str]
    packages: Mapping[str, frozenset[tuple[str, str]]]


def read(image: Path) -> Layers:
    """The layers of what ``docker save`` wrote, in Docker's own form or OCI's."""
    files: list[LayerFile] = []
    deleted: dict[str, int] = {}
    paths: set[str] = set()
    with tarfile.open(image) as archive:
        layers = list(_layers(archive))
        for number, (name, made_by) in enumerate(layers, start=1):
            with archive.extractfile(name) as stream, tarfile.open(fileobj=stream) as layer:  # type: ignore[union-attr] # a file, as the manifest says
                for member, path in _members(layer):
                    folder, _, last = path.rpartition("/")
                    if last.startswith(WHITEOUT):
                        deleted[f"{folder}/{last.removeprefix(WHITEOUT)}".lstrip("/")] = number
                        continue
                    paths.add(path)
                    if content := _content(layer, member, path):
                        files.append(
                            LayerFile(layer=number, made_by=made_by, path=path, content=content)
                        )
    return Layers(
        count=len(layers),
        files=tuple(one for one in files if one.path != DPKG),
        deleted=deleted,
        paths=frozenset(paths),
        packages={"pypi": frozenset(_distributions(paths)), "deb": frozenset(_installed(files))},
    )


def _layers(archive: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    """The member that holds each layer, and the step that made it."""
    manifest = json.load(archive.extractfile("manifest.json"))[0]  # type: ignore[arg-type] # a file
    configuration = json.load(archive.extractfile(manifest["Config"]))  # type: ignore[arg-type] # a file
    steps = [one for one in configuration.get("history", []) if not one.get("empty_layer")]
    for number, name in enumerate(manifest["Layers"]):
        step = steps[number] if number < len(steps) else {}
        yield name, " ".join(str(step.get("created_by", "")).split())


def _members(layer: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, str]]:
    for member in layer:
        yield member, member.name.removeprefix("./")


def _content(layer: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> bytes:
    short = member.size <= READ_BYTES and not PACKAGES.match(path)
    stream = layer.extractfile(member) if member.isfile() and (short or path == DPKG) else None
    return stream.read() if stream else b""


def _distributions(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        if found := DISTRIBUTION.fullmatch(path):
            yield found[1], found[2]


def _installed(files: Sequence[LayerFile]) -> Iterator[tuple[str, str]]:
    """What the last state of dpkg's database says."""
    last = next((one.content for one in reversed(files) if one.path == DPKG), b"")
    for entry in last.decode("utf-8", "replace").split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status): (.+)$", entry, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield fields["Package"], fields["Version"]
