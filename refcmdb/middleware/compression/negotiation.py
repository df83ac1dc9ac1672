"""Which content coding an answer may have (RFC 9110 §12.5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

IDENTITY = "identity"


def weights_of(header: str) -> dict[str, float]:
    """The codings of an Accept-Encoding header with their weights; ``identity`` always has one.

    What is no weight from 0 to 1 is 0.
    """
    weights = {IDENTITY: 0.001}
    for part in header.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        weights[coding.strip()] = _weight(value) if name.strip() == "q" else 1.0
    return weights


def chosen(header: str, offered: Sequence[str]) -> str:
    """The coding that a header likes best, of equals the first one; else ``identity``."""
    weights = weights_of(header)
    others = weights.get("*", 0.0)
    best, most = IDENTITY, weights[IDENTITY]
    for coding in offered:
        weight = weights.get(coding, others)
        if weight > most or (weight == most > 0 and best == IDENTITY):
            best, most = coding, weight
    return best


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
