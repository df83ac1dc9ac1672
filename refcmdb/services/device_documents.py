"""Devices as CSV and as a YAML list like NetBox's, for spreadsheets and for version control."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import yaml

from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS = (
    *("name", "serial", "site", "device_type", "rack", "asset_tag", "status", "role"),
    *("comments", "tags"),
)
TAGS_BETWEEN = ";"
# What a spreadsheet would compute: text that begins so gets a quote before it.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
QUOTE = "'"
MOST_ROWS = 1000
LARGEST_YAML_BYTES = 256 * 1024
DEEPEST_YAML = 5

# C where PyYAML was built with libyaml: ten times as fast.
Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_csv(raw: bytes) -> list[dict[str, Any]]:
    """One mapping per row, without empty cells. Raises: BadInput."""
    reader = csv.DictReader(io.StringIO(_text(raw), newline=""), strict=True)
    try:
        unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
        if unknown or not reader.fieldnames:
            raise BadInput("", f"the first line must name columns out of {', '.join(COLUMNS)}")
        return [_cells(row, number) for number, row in enumerate(_limited(reader))]
    except csv.Error:
        raise BadInput("", "the body is not valid CSV") from None


def _cells(row: Mapping[Any, Any], number: int) -> dict[str, Any]:
    if None in row:
        raise BadInput(f"[{number}]", "the row has more cells than the first line")
    cells: dict[str, Any] = {name: _unquoted(cell) for name, cell in row.items() if cell}
    if "tags" in cells:
        cells["tags"] = tags_of(cells["tags"])
    return cells


def tags_of(cell: str) -> list[str]:
    """The tags that a cell names."""
    return [tag.strip() for tag in cell.split(TAGS_BETWEEN) if tag.strip()]


def _limited(rows: Iterable[Any]) -> Iterable[Any]:
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            raise BadInput("", f"there are more than {MOST_ROWS} rows")
        yield row


def read_yaml(raw: bytes) -> list[Any]:
    """The list that the document is, its items as they are. Raises: BadInput."""
    if len(raw) > LARGEST_YAML_BYTES:
        raise BadInput("", f"a YAML document may have at most {LARGEST_YAML_BYTES} bytes")
    text = _text(raw)
    try:
        require_plain(text)
        document = load_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise BadInput("", "the body is not valid YAML") from None
    if not isinstance(document, list):
        raise BadInput("", "the document must be a list of devices")
    return list(_limited(document))


def load_yaml(text: str) -> Any:  # noqa: ANN401 - what the document says
    """Plain values only."""
    return yaml.load(text, Loader=Loader)  # noqa: S506 - it is a safe one


def require_plain(text: str) -> None:
    """No aliases, no tags, no depth: nothing that grows or makes objects. Raises: BadInput."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.AliasEvent):
            raise BadInput("", "aliases are not taken", hostile=True)
        if getattr(event, "tag", None) is not None:
            problem = f"tags such as {str(event.tag)[:50]} are not taken"
            raise BadInput("", problem, hostile=True)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_YAML:
            raise BadInput("", f"the document is more than {DEEPEST_YAML} levels deep")


def write_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """A first line with the columns, and one line per device."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def write_yaml(rows: Sequence[Mapping[str, Any]]) -> str:
    """A list of mappings."""
    text: str = yaml.dump(list(rows), Dumper=Dumper, sort_keys=False, allow_unicode=True)
    return text


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = TAGS_BETWEEN.join(value) if isinstance(value, list) else str(value)
    return QUOTE + text if _needs_quote(text) else text


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith(QUOTE) and _needs_quote(cell) else cell


def _needs_quote(text: str) -> bool:
    """Also after quotes of its own, so that the way back is unambiguous."""
    return text.lstrip(QUOTE).startswith(FORMULA_SIGNS)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("", "the body is not UTF-8") from None
