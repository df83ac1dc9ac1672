"""The places for text inside a document that is a whole request body: CSV, YAML, JSON, XML."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from pytest_cmdbguard.probes.points import assembled

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 30


def cells(media: str, document: object) -> dict[str, str]:
    """The places by name, with the text that stands there.

    Names are columns of CSV, JSON pointers of YAML and JSON, paths of XML. There are none in what
    is no text, or not of its media type.
    """
    if not isinstance(document, str):
        return {}
    try:
        return dict(itertools.islice(_found(media, document), _MOST))
    except (ValueError, ET.ParseError, csv.Error):
        return {}


def with_cell(media: str, document: str, cell: str, value: str) -> str:
    """The document with another text in one of its :func:`cells`."""
    if media.endswith("csv"):
        return _csv_with(document, cell, value)
    if media.endswith("xml"):
        return _xml_with(document, cell, value)
    return json.dumps(assembled({"": _loaded(media, document), cell: value}), indent=1)


def _found(media: str, document: str) -> Iterator[tuple[str, str]]:
    if media.endswith("csv"):
        rows = csv.reader(io.StringIO(document))
        yield from zip(next(rows, []), next(rows, []), strict=False)
    elif media.endswith("xml"):
        root = ET.fromstring(document)  # noqa: S314 - made by us
        for path, element, attribute in _places(root):
            yield path, element.get(attribute, "") if attribute else element.text or ""
    elif media.endswith(("yaml", "json")):
        yield from _leaves(_loaded(media, document), "")


def _csv_with(document: str, cell: str, value: str) -> str:
    names, *rows = csv.reader(io.StringIO(document))
    file = io.StringIO()
    changed = [[value if n == cell else c for n, c in zip(names, r, strict=False)] for r in rows]
    csv.writer(file).writerows([names, *changed[:1], *rows[1:]])
    return file.getvalue()


def _xml_with(document: str, cell: str, value: str) -> str:
    root = ET.fromstring(document)  # noqa: S314 - made by us
    for path, element, attribute in _places(root):
        if path == cell:
            if attribute:
                element.set(attribute, value)
            else:
                element.text = value
    return ET.tostring(root, encoding="unicode")


def _places(root: ET.Element, path: str = "") -> Iterator[tuple[str, ET.Element, str]]:
    """Path, element and attribute (empty for the text) of every place; of equals, the first."""
    seen: set[str] = set()
    path = f"{path}/{root.tag}"
    for name in root.attrib:
        yield f"{path}@{name}", root, name
    if (root.text or "").strip():
        yield path, root, ""
    for child in root:
        if child.tag not in seen:
            seen.add(child.tag)
            yield from _places(child, path)


def _loaded(media: str, document: str) -> Any:  # noqa: ANN401 - any JSON value
    if media.endswith("json"):
        return json.loads(document)
    try:
        import yaml  # noqa: PLC0415 - only documents in YAML need it
    except ImportError:
        return json.loads(document)  # what we make ourselves is JSON, which is YAML
    try:
        return yaml.safe_load(document)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _leaves(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, child in value.items():
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            yield from _leaves(child, f"{pointer}/{escaped}")
    elif isinstance(value, list):
        yield from _leaves(value[0], f"{pointer}/0") if value else ()
    elif isinstance(value, str):
        yield pointer, value
