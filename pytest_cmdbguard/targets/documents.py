"""Reading an OpenAPI document: JSON or YAML, from a file or from a running service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pytest_cmdbguard.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.model import Json


def read(place: str, *, directory: Path, running: str | None) -> Json:
    """The document at a place.

    Args:
        place: a file, as seen from ``directory``, or a path of the service (``/openapi.json``).
            A name that ends with .yaml or .yml is YAML.
        directory: where files are looked for.
        running: the URL of the service, None when it is not up yet.
    Raises: DocumentError.
    """
    text = _fetched(place, running) if place.startswith("/") else _file(directory / place)
    is_yaml = place.endswith((".yaml", ".yml"))
    document = _yaml(text, place) if is_yaml else _json(text, place)
    if not isinstance(document, dict):
        raise DocumentError(place, "is not an object", remedy="export it as OpenAPI 3")
    return document


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "correct document in [target] of cmdbguard.toml"
        raise DocumentError(str(path), f"cannot be read ({error})", remedy=remedy) from None


def _fetched(place: str, running: str | None) -> str:
    if running is None:
        remedy = "write it to a file once, and name that file: it is needed before a start"
        raise DocumentError(place, "is a path of the service", remedy=remedy)
    import requests  # noqa: PLC0415 - only a running service needs it

    url = urljoin(running, place)
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(url, timeout=10, allow_redirects=False)
            answer.raise_for_status()
    except requests.RequestException as error:
        remedy = "start the service, or correct document in [target] of cmdbguard.toml"
        raise DocumentError(url, f"cannot be fetched ({error})", remedy=remedy) from None
    return answer.text


def _json(text: str, place: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(place, f"is not JSON ({error})", remedy="export it as JSON") from None


def _yaml(text: str, place: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        import yaml  # noqa: PLC0415 - only documents in YAML need it
    except ImportError:
        remedy = "pip install 'pytest-cmdbguard[yaml]', or export it as JSON"
        raise DocumentError(place, "is YAML, and PyYAML is missing", remedy=remedy) from None
    try:
        return json.loads(json.dumps(yaml.safe_load(text), default=str))  # dates become texts
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise DocumentError(place, f"is not YAML ({problem})", remedy="correct it") from None
