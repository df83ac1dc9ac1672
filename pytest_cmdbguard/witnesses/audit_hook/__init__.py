"""A directory for PYTHONPATH: every CPython process that starts with it tells what tokens do."""
