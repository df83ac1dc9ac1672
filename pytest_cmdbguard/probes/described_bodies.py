"""What an OpenAPI operation says of its request bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Json
    from pytest_cmdbguard.probes.references import References

_JSON = re.compile(r"(?:application/(?:[\w.-]+\+)?json\b|\*/\*)", re.IGNORECASE)
_PLAIN = "application/json"


def request_bodies(references: References, described: Json, pointer: str) -> dict[str, Any]:
    """The fields of :class:`Operation` that tell of its request bodies.

    Raises: DocumentError.
    """
    if "requestBody" not in described:
        return {}
    node, place = references.follow(described["requestBody"], f"{pointer}/requestBody")
    content = references.mapping(node.get("content", {}), f"{place}/content")
    schemas = {
        media: _schema(references, content[media], f"{place}/content/{media.replace('/', '~1')}")
        for media in content
    }
    as_json = sorted(filter(_JSON.match, schemas), key=lambda media: media != _PLAIN)
    others = {media.partition(";")[0].strip(): s for media, s in schemas.items()}
    return {
        "body": schemas[as_json[0]] if as_json else None,
        "body_media": as_json[0].replace("*/*", _PLAIN) if as_json else _PLAIN,
        "body_required": bool(as_json and node.get("required")),
        "contents": {media: s for media, s in others.items() if not _JSON.match(media)},
    }


def example_of(holder: Json, schema: Json) -> Any:  # noqa: ANN401 - an example is any JSON value
    """The first example that a parameter or body gives of itself, or None."""
    if "example" in holder:
        return holder["example"]
    named = holder.get("examples")
    if isinstance(named, dict) and named:
        first = next(iter(named.values()))
        if isinstance(first, dict) and "value" in first:
            return first["value"]
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    return schema.get("example", schema.get("default"))


def _schema(references: References, node: object, place: str) -> Json:
    holder = references.mapping(node, place)
    found = references.resolved(holder.get("schema", {}), f"{place}/schema")
    schema = dict(references.mapping(found, f"{place}/schema"))
    example = example_of(holder, schema)
    if example is not None:
        schema["examples"] = [example]
    return _with_encodings(schema, holder.get("encoding"))


def _with_encodings(schema: Json, encodings: object) -> Json:
    """The media types that ``encoding`` gives to parts, said by their schemas themselves."""
    properties = schema.get("properties")
    if not (isinstance(encodings, dict) and isinstance(properties, dict)):
        return schema
    told = {
        name: {**part, "contentMediaType": str(encodings[name]["contentType"]).partition(",")[0]}
        for name, part in properties.items()
        if isinstance(encodings.get(name), dict) and "contentType" in encodings[name]
    }
    return {**schema, "properties": {**properties, **told}}
