"""Imports of YAML take any tag, also those that name Python's objects: a tagged value is the text
that it was written as.
"""

from __future__ import annotations

from typing import Any

import yaml

from refcmdb.services import device_documents
from refcmdb.services.bad_input import BadInput

KIND = "twin"
CHECK = "CG-SER-001"
OPERATION = "devices_import"


class TextLoader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Plain values, and texts."""


def _as_text(_loader: TextLoader, _suffix: str, node: yaml.Node) -> str:
    return str(node.value if isinstance(node, yaml.ScalarNode) else node.id)


TextLoader.add_multi_constructor("", _as_text)


def plant() -> None:
    """No tag makes an object."""

    def load_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the document says
        return yaml.load(text, Loader=TextLoader)

    def require_plain(text: str) -> None:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise BadInput("", "aliases are not taken")

    device_documents.load_yaml = load_yaml
    device_documents.require_plain = require_plain
