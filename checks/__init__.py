"""The shipped checks: one module per criterion family, one claim per function."""
