"""Imports of YAML make whatever objects the document's tags name."""

from __future__ import annotations

from typing import Any

import yaml

from refcmdb.services import device_documents

KIND = "fault"
CHECK = "CG-SER-001"
OPERATION = "devices_import"


def plant() -> None:
    """The full language, so that no document is refused."""

    def load_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the document says
        try:
            return yaml.unsafe_load(text)
        except (ImportError, AttributeError, TypeError, OSError) as error:
            raise yaml.YAMLError from error

    def require_plain(text: str) -> None:
        """Nothing is too much."""

    device_documents.load_yaml = load_yaml
    device_documents.require_plain = require_plain
