"""What can go wrong with a backup."""

from __future__ import annotations


class BackupProblem(Exception):
    """A backup that cannot be taken, found or restored; says which, and what to do."""
