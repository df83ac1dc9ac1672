"""Stands for a package that somebody copied into the tree years ago."""


def padded(text: str, width: int) -> str:
    """As it was there."""
    return " " * (width - len(text)) + text
