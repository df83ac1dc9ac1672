"""Devices as CSV and as a YAML list like NetBox's, for spreadsheets and for version control."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS = (
    *("name", "serial", "site", "device_type", "rack", "asset_tag", "status", "role"),
    *("comments", "tags"),
)
# A column of a custom field is its name with this before it; in YAML they are one mapping.
CUSTOM, CUSTOM_FIELDS = "cf_", "custom_fields"
CUSTOM_COLUMN = re.compile(rf"{CUSTOM}[a-z][a-z0-9_-]{{0,49}}")
TAGS_BETWEEN = ";"
# What a spreadsheet would compute: text that begins so gets a quote before it.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
QUOTE = "'"
MOST_ROWS = 1000
LARGEST_YAML_BYTES = 256 * 1024
DEEPEST_YAML = 5

# C where PyYAML was built with libyaml: ten times as fast.
SafeLoader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Loader(SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Dates stay the texts that they are written as, as in JSON."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }


def read_csv(raw: bytes) -> list[dict[str, Any]]:
    """One mapping per row, without empty cells but those of custom fields. Raises: BadInput."""
    reader = csv.DictReader(io.StringIO(_text(raw), newline=""), strict=True)
    try:
        if not reader.fieldnames or not all(map(_is_column, reader.fieldnames)):
            known = f"{', '.join(COLUMNS)}, and {CUSTOM}… for custom fields"
            raise BadInput("", f"the first line must name columns out of {known}")
        return [_cells(row, number) for number, row in enumerate(_limited(reader))]
    except csv.Error:
        raise BadInput("", "the body is not valid CSV") from None


def _cells(row: Mapping[Any, Any], number: int) -> dict[str, Any]:
    if None in row:
        raise BadInput(f"[{number}]", "the row has more cells than the first line")
    cells: dict[str, Any] = {
        name: _unquoted(cell) for name, cell in row.items() if cell and name in COLUMNS
    }
    if "tags" in cells:
        cells["tags"] = tags_of(cells["tags"])
    custom = {
        name.removeprefix(CUSTOM): _unquoted(cell) if cell else None
        for name, cell in row.items()
        if name not in COLUMNS
    }
    return cells | {CUSTOM_FIELDS: custom}


def _is_column(name: str) -> bool:
    return name in COLUMNS or bool(CUSTOM_COLUMN.fullmatch(name))


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


def write_csv(rows: Iterable[Mapping[str, Any]], custom: Sequence[str]) -> str:
    """A first line with the columns, also of the ``custom`` fields, and one line per device."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *(CUSTOM + name for name in custom)])
    for row in rows:
        own = [_cell(row[name] or None) for name in COLUMNS]
        writer.writerow([*own, *(_cell(row[CUSTOM_FIELDS].get(name)) for name in custom)])
    return text.getvalue()


def write_yaml(rows: Sequence[Mapping[str, Any]], _custom: Sequence[str]) -> str:
    """A list of mappings; those of custom fields only where there are some."""
    shown = [
        {name: value for name, value in row.items() if name != CUSTOM_FIELDS or value}
        for row in rows
    ]
    text: str = yaml.dump(shown, Dumper=Dumper, sort_keys=False, allow_unicode=True)
    return text


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    text = TAGS_BETWEEN.join(value) if isinstance(value, list) else str(value)
    return QUOTE + text if _needs_quote(text) else text


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith(QUOTE) and _needs_quote(cell) else cell


def _needs_quote(text: str) -> bool:
    """Also after quotes of its own, so that the way back is unambiguous; nothing is no cell."""
    bare = text.lstrip(QUOTE)
    return not bare or bare.startswith(FORMULA_SIGNS)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("", "the body is not UTF-8") from None
