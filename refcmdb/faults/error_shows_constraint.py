"""A duplicate is answered with what PostgreSQL says of it: constraint, columns and values."""

from __future__ import annotations

import asyncpg

from refcmdb.api.problems import Problem
from refcmdb.middleware.security import errors

KIND = "fault"
CHECK = "CG-ERR-001"
OPERATION = ""


def plant() -> None:
    """The client will know what to do with it."""
    production = errors.problem_of

    def problem_of(error: Exception) -> Problem:
        cause = error.__cause__
        if isinstance(cause, asyncpg.UniqueViolationError):
            return Problem(409, f"{cause}: {cause.detail}")
        return production(error)

    errors.problem_of = problem_of
