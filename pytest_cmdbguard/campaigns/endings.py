"""Where the input ended that no witness saw, in the words that all campaigns use."""

from __future__ import annotations

USED_NOWHERE = "no sink saw it"
_KINDS = {4: "validation", 5: "the target failed"}


def ending(status: int, *, otherwise: str = USED_NOWHERE) -> str:
    """What an answer says of input that was not seen anywhere.

    Args:
        status: of the answer; below 400 the input was taken.
        otherwise: what became of input that was taken.
    """
    return f"{_KINDS.get(status // 100, otherwise)}: HTTP {status}"
