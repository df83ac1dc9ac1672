"""A Swagger 2.0 document in the words of OpenAPI 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.model import Json
    from pytest_cmdbguard.probes.references import References

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# What of a parameter says where and how; the rest is its schema.
_OUTER = {"name", "in", "description", "required", "allowEmptyValue", "collectionFormat"}
_METHODS = {"delete", "get", "head", "options", "patch", "post", "put"}


def upgraded(document: Json, references: References) -> Json:
    """The same operations; references keep leading to where they led.

    Raises: DocumentError where something has not the form that it must have.
    """
    paths = references.mapping(document.get("paths", {}), "/paths")
    return {
        **document,
        "openapi": "3.0.3",
        "servers": [{"url": str(document.get("basePath", ""))}],
        "paths": {
            path: _item(document, references, item, f"/paths/{path.replace('/', '~1')}")
            for path, item in paths.items()
        },
    }


def _item(document: Json, references: References, node: object, pointer: str) -> Json:
    item, pointer = references.follow(node, pointer)
    shared = _parameters(references, item.get("parameters", []), f"{pointer}/parameters")
    return {
        method: _operation(
            document, references, references.mapping(described, f"{pointer}/{method}"), shared
        )
        for method, described in item.items()
        if method in _METHODS
    }


def _operation(
    document: Json, references: References, described: Json, shared: Sequence[Json]
) -> Json:
    own = _parameters(references, described.get("parameters", []), "/parameters")
    named = {(one["in"], one["name"]): one for one in (*shared, *own)}
    body = _body(list(named.values()), described.get("consumes", document.get("consumes")))
    produces = described.get("produces", document.get("produces")) or [JSON]
    return {
        **described,
        "parameters": [_parameter(p) for p in named.values() if p["in"] not in _IN_BODY],
        "responses": {
            status: _response(references, response, produces)
            for status, response in (described.get("responses") or {}).items()
        },
        **({"requestBody": body} if body else {}),
    }


_IN_BODY = {"body", "formData"}


def _parameters(references: References, listed: object, pointer: str) -> list[Json]:
    if not isinstance(listed, list):
        raise references.fail(pointer, "expected an array", remedy="correct it")
    found = [references.follow(node, f"{pointer}/{i}")[0] for i, node in enumerate(listed)]
    for number, one in enumerate(found):
        for key in ("name", "in"):
            if not isinstance(one.get(key), str):
                place = f"{pointer}/{number}"
                raise references.fail(place, f"{key!r} is missing", remedy="add it")
    return found


def _parameter(told: Json) -> Json:
    outer = {key: value for key, value in told.items() if key in _OUTER}
    return {**outer, "schema": _schema(told)}


def _schema(told: Json) -> Json:
    inner = {key: value for key, value in told.items() if key not in _OUTER}
    if inner.get("type") == "file":
        return {**inner, "type": "string", "format": "binary"}
    return inner


def _body(parameters: Sequence[Json], consumes: Any) -> Json:  # noqa: ANN401 - as the document has it
    whole = next((one for one in parameters if one["in"] == "body"), None)
    fields = [one for one in parameters if one["in"] == "formData"]
    media = [str(one) for one in consumes] if isinstance(consumes, list) and consumes else [JSON]
    if whole is not None:
        content = {one: {"schema": whole.get("schema", {})} for one in media}
        return {"required": bool(whole.get("required")), "content": content}
    if not fields:
        return {}
    has_file = any(one.get("type") == "file" for one in fields)
    schema = {
        "type": "object",
        "properties": {one["name"]: _schema(one) for one in fields},
        "required": [one["name"] for one in fields if one.get("required")],
    }
    kind = MULTIPART if has_file or media == [MULTIPART] else FORM
    return {"required": bool(schema["required"]), "content": {kind: {"schema": schema}}}


def _response(references: References, node: object, produces: Sequence[object]) -> Json:
    response, _ = references.follow(node, "/responses")
    if "schema" not in response:
        return {"description": str(response.get("description", ""))}
    content = {str(media): {"schema": response["schema"]} for media in produces}
    return {"description": str(response.get("description", "")), "content": content}
