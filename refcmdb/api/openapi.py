"""The OpenAPI 3.1 document, made from the same declarations that serve the API."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from refcmdb import __version__
from refcmdb.api import features
from refcmdb.api.problems import MEDIA_TYPE, ProblemDocument
from refcmdb.api.registry import RESOURCES
from refcmdb.api.resource import types_of, without
from refcmdb.api.schemas import Credentials, IssuedToken
from refcmdb.api.schemas.bodies import Chosen
from refcmdb.api.values import LARGEST_BULK, Id, Kind, describe
from refcmdb.auth import sessions
from refcmdb.auth.roles import READERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refcmdb.api.features.endpoint import Endpoint
    from refcmdb.api.resource import Resource

Json = dict[str, Any]

API = "/api/v1"
JSON = "application/json"
# Who may call an operation: a word of our own, which documents may have.
ROLES = "x-roles"
REFERENCES = "#/components/schemas/{name}"
MEANINGS = {
    400: "The body is not JSON.",
    401: "No token, or one that is not valid.",
    403: "The role may not do this.",
    404: "No such object, or none that the actor may see.",
    409: "A duplicate, or other objects refer to it.",
    412: "The object is not as If-Match expects it.",
    413: "The body is too large.",
    415: "The body has a media type that is not taken here.",
    422: "A value is not valid.",
    429: "Too many requests; Retry-After says when to come again.",
    503: "Something that is needed does not answer or is not configured.",
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "Only if the object still has one of these ETags (RFC 9110).",
    "schema": {
        "type": "string",
        "maxLength": 1000,
        "pattern": r'^(\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*)(?![\s\S])',
    },
}
SORTING = "The order; with a minus, descending."
READ_ERRORS = (401, 404, 422)
WRITE_ERRORS = (400, 401, 403, 404, 409, 413, 415, 422)


@functools.cache
def document_json(*, assistant: bool) -> bytes:
    """The document as JSON, with the assistant where there is one."""
    return msgspec.json.encode(document(assistant=assistant))


def document(*, assistant: bool = True) -> Json:
    """The document."""
    endpoints = features.offered(with_assistant=assistant)
    paths: Json = dict(_general_paths())
    for endpoint in endpoints:
        paths.setdefault(endpoint.url, {})[endpoint.method.lower()] = _described(endpoint)
    for resource in RESOURCES.values():
        for path, described in _resource_paths(resource).items():
            paths[path] = {**described, **paths.get(path, {})}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "refcmdb",
            "version": __version__,
            "description": "A small but real Network CMDB.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": []}],
        "tags": [{"name": name} for name in _tags(endpoints)],
        "paths": paths,
        "components": {
            "schemas": _components(endpoints),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": sessions.NAME},
            },
        },
    }


def _components(endpoints: Sequence[Endpoint]) -> Json:
    structs: list[Any] = [ProblemDocument, Credentials, IssuedToken]
    for endpoint in endpoints:
        structs += [kind for kind in (endpoint.answer, endpoint.body) if kind is not None]
    for resource in RESOURCES.values():
        structs += [resource.page, resource.item]
        if resource.writable:
            structs += [resource.body, resource.patch]
        if resource.bulk:
            structs += [resource.bulk_patch, Chosen]
    _, components = msgspec.json.schema_components(
        structs, schema_hook=describe, ref_template=REFERENCES
    )
    return components


def _tags(endpoints: Sequence[Endpoint]) -> list[str]:
    resources = [resource.path for resource in RESOURCES.values()]
    return list(dict.fromkeys([*resources, *(endpoint.tag for endpoint in endpoints)]))


def _described(endpoint: Endpoint) -> Json:
    answer: Json = {"description": "Done."}
    if endpoint.answer is not None:
        answer = _content("Done.", _schema(endpoint.answer))
    elif endpoint.produces:
        content = {media: {"schema": {"type": "string"}} for media in endpoint.produces}
        answer = {"description": "The document.", "content": content}
    answers = {endpoint.status: answer}
    make = _public if endpoint.public else _operation
    operation = make(
        endpoint.id, endpoint.summary, answers, tag=endpoint.tag, errors=endpoint.errors
    )
    parameters = [_place(name, endpoint.places.get(name)) for name in endpoint.parameters]
    if endpoint.query is not None:
        parameters += _parameters(endpoint.query)
    content = {media: {"schema": dict(schema)} for media, schema in endpoint.consumes.items()}
    if endpoint.body is not None:
        content[JSON] = {"schema": _schema(endpoint.body)}
    return operation | {
        **({} if endpoint.public else {ROLES: endpoint.callers}),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"required": True, "content": content}} if content else {}),
    }


def _place(name: str, schema: Mapping[str, Any] | None) -> Json:
    described = dict(schema) if schema else _schema(Id if name == "id" else str)
    description = described.pop("description", f"The {name} of the object.")
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": described,
    }


def _general_paths() -> Json:
    page = {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}
    anything: Json = {"type": "object"}
    return {
        "/": {"get": _public("landing", "A page for people", {200: page})},
        "/health": {
            "get": _public(
                "health",
                "Whether the database and the cache answer",
                {200: _content("Ready.", anything), 503: _content("Not ready.", anything)},
            )
        },
        f"{API}/openapi.json": {
            "get": _public("openapi", "This document", {200: _content("OpenAPI.", anything)})
        },
        f"{API}/auth/login": {
            "post": {
                **_public(
                    "auth_login",
                    "A token for a password",
                    {200: _content("A new token.", _reference(IssuedToken))},
                    errors=(400, 401, 413, 415, 422, 429),
                ),
                "requestBody": _body(_reference(Credentials)),
            }
        },
        f"{API}/auth/logout": {
            "post": _operation(
                "auth_logout",
                "The end of the token of this request",
                {204: {"description": "The token is revoked."}},
                tag="auth",
                errors=(401,),
            )
            | {ROLES: READERS}
        },
    }


def _resource_paths(resource: Resource) -> Json:
    collection: Json = {"get": _list(resource)}
    member: Json = {"get": _read(resource)}
    if resource.writable:
        collection["post"] = _create(resource)
        member |= {"patch": _update(resource), "delete": _delete(resource)}
    path = f"{API}/{resource.path}"
    bulk = {f"{path}/bulk": _bulk(resource)} if resource.bulk else {}
    number = {
        "name": "id",
        "in": "path",
        "required": True,
        "description": f"The number of {resource.singular}.",
        "schema": _schema(Id),
    }
    return {path: collection, **bulk, f"{path}/{{id}}": {"parameters": [number], **member}}


def _list(resource: Resource) -> Json:
    answer = {200: _content("A page.", _reference(resource.page))}
    operation = _for(resource, "list", f"Find {resource.path}", answer, errors=(401, 422))
    return {**operation, "parameters": _parameters(resource.query)}


def _read(resource: Resource) -> Json:
    answer = {200: _tagged("The object.", resource)}
    return _for(resource, "read", f"One of {resource.path}", answer, errors=READ_ERRORS)


def _create(resource: Resource) -> Json:
    answer = {201: _tagged("The new object.", resource)}
    operation = _for(resource, "create", f"Add to {resource.path}", answer, errors=WRITE_ERRORS)
    return {**operation, "requestBody": _body(_reference(resource.body))}


def _bulk(resource: Resource) -> Json:
    return {
        "post": _bulk_create(resource),
        "patch": _bulk_update(resource),
        "delete": _bulk_delete(resource),
    }


def _bulk_create(resource: Resource) -> Json:
    answer = {201: _content("The new objects.", _several(resource))}
    operation = _for(
        resource,
        "bulk_create",
        f"Add many {resource.path}, all or none",
        answer,
        errors=WRITE_ERRORS,
    )
    return {**operation, "requestBody": _body(_many(resource.body))}


def _bulk_update(resource: Resource) -> Json:
    answer = {200: _content("The objects as they are now.", _several(resource))}
    operation = _for(
        resource,
        "bulk_update",
        f"Change many {resource.path}, all or none",
        answer,
        errors=WRITE_ERRORS,
    )
    return {**operation, "requestBody": _body(_many(resource.bulk_patch))}


def _bulk_delete(resource: Resource) -> Json:
    operation = _for(
        resource,
        "bulk_delete",
        f"Remove many {resource.path}, all or none",
        {204: {"description": "They are gone."}},
        errors=WRITE_ERRORS,
    )
    return {**operation, "requestBody": _body(_many(Chosen))}


def _several(resource: Resource) -> Json:
    items = {"items": {"type": "array", "items": _reference(resource.item)}}
    return {"type": "object", "properties": items, "required": ["items"]}


def _many(struct: Kind) -> Json:
    return {
        "type": "array",
        "minItems": 1,
        "maxItems": LARGEST_BULK,
        "items": _reference(struct),
    }


def _update(resource: Resource) -> Json:
    answer = {200: _tagged("The object as it is now.", resource)}
    errors = (*WRITE_ERRORS, 412)
    operation = _for(resource, "update", f"Change {resource.path}", answer, errors=errors)
    return {
        **operation,
        "parameters": [IF_MATCH],
        "requestBody": _body(_reference(resource.patch)),
    }


def _delete(resource: Resource) -> Json:
    answer = {204: {"description": "It is gone."}}
    errors = (401, 403, 404, 409, 412, 422)
    operation = _for(resource, "delete", f"Remove from {resource.path}", answer, errors=errors)
    return {**operation, "parameters": [IF_MATCH]}


def _tagged(description: str, resource: Resource) -> Json:
    """An answer with one object and the tag for If-Match."""
    schema = {"type": "string"}
    tag = {"description": "For If-Match and If-None-Match.", "schema": schema}
    return {**_content(description, _reference(resource.item)), "headers": {"ETag": tag}}


def _parameters(query: type[msgspec.Struct]) -> list[Json]:
    names, defaults = query.__struct_fields__, query.__struct_defaults__
    required = len(names) - len(defaults)
    fallbacks = dict(zip(names[required:], defaults, strict=True))
    return [
        _parameter(
            name, _schema(without(msgspec.UnsetType, kind)), fallbacks.get(name, msgspec.NODEFAULT)
        )
        for name, kind in types_of(query).items()
    ]


def _parameter(name: str, schema: Json, default: object) -> Json:
    fallback = SORTING if name == "sort" else f"Only items whose {name} is this."
    described = {"name": name, "in": "query", "description": schema.pop("description", fallback)}
    if default is msgspec.NODEFAULT:
        described["required"] = True
    elif default is not msgspec.UNSET:
        schema = {**schema, "default": default}
    return {**described, "schema": schema}


def _for(
    resource: Resource,
    verb: str,
    summary: str,
    answers: dict[int, Json],
    *,
    errors: tuple[int, ...],
) -> Json:
    operation = f"{resource.name}_{verb}"
    described = _operation(operation, summary, answers, tag=resource.path, errors=errors)
    return {**described, ROLES: resource.callers(verb)}


def _public(
    operation: str,
    summary: str,
    answers: dict[int, Json],
    *,
    tag: str = "general",
    errors: tuple[int, ...] = (),
) -> Json:
    return {**_operation(operation, summary, answers, tag=tag, errors=errors), "security": []}


def _operation(
    operation: str, summary: str, answers: dict[int, Json], *, tag: str, errors: tuple[int, ...]
) -> Json:
    problem = {MEDIA_TYPE: {"schema": _reference(ProblemDocument)}}
    failures: Json = {
        str(status): {"description": MEANINGS[status], "content": problem} for status in errors
    }
    return {
        "operationId": operation,
        "summary": summary,
        "tags": [tag],
        "responses": {str(status): answer for status, answer in answers.items()} | failures,
    }


def _content(description: str, schema: Json) -> Json:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _body(schema: Json) -> Json:
    return {"required": True, "content": {JSON: {"schema": schema}}}


def _reference(struct: Kind) -> Json:
    return {"$ref": REFERENCES.format(name=struct.__name__)}


def _schema(kind: Kind) -> Json:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _reference(kind)
    schema = msgspec.json.schema(Annotated[kind, Meta()], schema_hook=describe)
    # msgspec leaves the type out where it lists the values.
    return {"type": "string", **schema} if "enum" in schema else schema
