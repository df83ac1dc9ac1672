"""A GraphQL endpoint whose resolvers bind every argument."""

from __future__ import annotations

from refcmdb.faults.graph import serve

KIND = "twin"
CHECK = "CG-GQL-001"
OPERATION = ""


def plant() -> None:
    """Four fields, one with an input object."""
    serve()
