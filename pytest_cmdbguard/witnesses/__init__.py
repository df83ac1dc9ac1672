"""Observers inside the system, and the judge of what they saw."""
