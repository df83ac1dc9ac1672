"""The roles, and who of them may do the usual things."""

from __future__ import annotations

READERS = ("viewer", "operator", "admin")
WRITERS = ("operator", "admin")
ADMINISTRATORS = ("admin",)
