"""What a request says, checked: body, query parameters, path."""

from __future__ import annotations

import asyncio
import re
import urllib.parse
from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api.problems import Problem, from_validation, invalid, missing
from refcmdb.api.values import LARGEST_ID, Kind, decode
from refcmdb.middleware.security import events, limits, screening

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from starlette.requests import Request

# What the kind says, known at run time only.
Decoded = Any

FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request, kind: Kind) -> Decoded:
    """The JSON body as ``kind``.

    Raises: Problem 400 for what is not JSON, 413 above 1 MiB, 415 for another media type, 422
        for values that are not valid.
    """
    _, raw = await read_content(request, ("application/json",))
    limits.require_flat(request.scope, raw)
    screening.screen_body(request.scope, raw)
    try:
        return msgspec.json.decode(raw, type=kind, dec_hook=decode)
    except msgspec.ValidationError as error:
        raise from_validation(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "the body is not valid JSON") from error


async def read_form[Form: msgspec.Struct](request: Request, kind: type[Form]) -> Form:
    """The fields of an HTML form as ``kind``.

    Raises: Problem 400 for what is no form, 413 above 1 MiB, 415 for another media type, 422 for
        unknown, repeated or invalid fields.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM:
        raise Problem(415, f"the body must be {FORM}")
    try:
        given = read_pairs((await read_raw(request)).decode())
    except ValueError as error:
        raise Problem(400, "the body is not a form") from error
    named = {name: value.replace("\r\n", "\n") for name, value in given}
    if len(named) < len(given):
        raise invalid("", "a field is given twice")
    try:
        return msgspec.convert(named, kind, strict=False)
    except msgspec.ValidationError as error:
        raise from_validation(error) from error


async def read_content(request: Request, media_types: Collection[str]) -> tuple[str, bytes]:
    """The media type of the body, one of ``media_types``, and the body as it came.

    Raises: Problem 413 above 1 MiB, 415 for another media type.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in media_types:
        raise Problem(415, f"the body must be {' or '.join(media_types)}")
    return media_type, await read_raw(request)


def read_query[Query: msgspec.Struct](request: Request, kind: type[Query]) -> Query:
    """The query parameters as ``kind``.

    Raises: Problem 422 for unknown, repeated or invalid ones.
    """
    return read_parameters(request.query_params.multi_items(), kind)


def read_parameters[Query: msgspec.Struct](
    given: Sequence[tuple[str, str]], kind: type[Query]
) -> Query:
    """Names and values as ``kind``. Raises: Problem 422 as :func:`read_query`."""
    named = dict(given)
    if len(named) < len(given):
        raise invalid("", "a query parameter is given twice")
    for name, value in given:
        if "\0" in value:
            raise invalid(name[:100], "no NUL characters")
    try:
        return msgspec.convert(named, kind, strict=False, dec_hook=decode)
    except msgspec.ValidationError as error:
        raise from_validation(error) from error


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Names and values of a form or a query string. Raises: ValueError for what is none."""
    return urllib.parse.parse_qsl(
        text,
        keep_blank_values=True,
        strict_parsing=bool(text),
        errors="strict",
        max_num_fields=50,
    )


def read_id(request: Request) -> int | None:
    """The object's number in the path, or None for what cannot be one."""
    text = request.path_params["id"]
    number = int(text) if re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) else 0
    return number if 1 <= number <= LARGEST_ID else None


def require_id(request: Request, what: str) -> int:
    """The object's number in the path. Raises: Problem 404, in which the object is ``what``."""
    number = read_id(request)
    if number is None:
        raise missing(what)
    return number


async def read_raw(request: Request, *, largest: int = 0) -> bytes:
    """The body as it came.

    Raises: Problem 413 above ``largest`` bytes (0: what the settings say), announced or seen; 408
        for one that takes long.
    """
    protection = request.scope["protection"]
    largest = largest or protection.body_limit
    announced = request.headers.get("content-length", "0")
    too_large = Problem(413, f"the body may have at most {largest} bytes")
    if announced.isdigit() and int(announced[:20]) > largest:
        raise too_large
    raw = bytearray()
    try:
        async with asyncio.timeout(protection.body_timeout_s):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > largest:
                    raise too_large
    except TimeoutError:
        events.emit("request.slow", request.scope, outcome="refused")
        raise Problem(408, "the body takes too long", headers={"Connection": "close"}) from None
    return bytes(raw)
