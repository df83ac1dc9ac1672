"""Errors as the caller sees them (RFC 9457, application/problem+json)."""

from __future__ import annotations

import contextlib
import http
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct):
    """One wrong input: where it is, as a JSON path or parameter name, and what is wrong."""

    field: str
    message: str


class ProblemDocument(msgspec.Struct, omit_defaults=True):
    """The body of every error response."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    request_id: str | None = None
    errors: list[FieldError] | None = None


class Problem(Exception):
    """An answer that is an error; ``headers`` go out with it."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.errors, self.headers = status, errors, headers or {}
        self.detail = detail
        super().__init__(detail)

    def body(self, request_id: str | None = None) -> bytes:
        """The document."""
        return msgspec.json.encode(
            ProblemDocument(
                title=http.HTTPStatus(self.status).phrase,
                status=self.status,
                detail=self.detail,
                request_id=request_id,
                errors=self.errors,
            )
        )


@contextlib.contextmanager
def of_one() -> Iterator[None]:
    """A list of one was made of the only object: what is wrong with it has no place in a list."""
    try:
        yield
    except Problem as problem:
        for error in problem.errors or []:
            error.field = error.field.removeprefix("[0].")
        raise


def missing(singular: str) -> Problem:
    """The one answer for what does not exist and what the actor may not see."""
    return Problem(404, f"there is no such object: {singular} with this id")


def outside(singular: str) -> Problem:
    """The refusal of a write whose result the actor would not see."""
    return Problem(403, f"{singular} like this is outside of what this account may write")


def invalid(field: str, message: str) -> Problem:
    """One wrong field."""
    return Problem(422, "the request is not valid", errors=[FieldError(field, message)])


def from_validation(error: msgspec.ValidationError) -> Problem:
    """What msgspec says, split into place and message."""
    message, _, path = str(error).partition(" - at ")
    unknown = re.search(r"unknown field `(.*)`", message, re.DOTALL)
    # A wrong key is "`key` in `$.variables`".
    field = path.strip("`").rpartition("`")[2].removeprefix("$").removeprefix(".") or (
        unknown.group(1)[:100] if unknown else ""
    )
    return invalid(field, message[:300])
