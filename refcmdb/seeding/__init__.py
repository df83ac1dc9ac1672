"""Filling an empty database with a network of any size, the same for the same seed."""
