"""pytest --cmdbguard: acceptance criteria of a Network CMDB as pytest items, with proof.

Public names, loaded when they are used (plain ``pytest`` must not pay for them):

``check``          what a check claims; the decorator that makes a function a check
``not_verified``   ends a check without a verdict
``Evidence``       the type of the fixture ``evidence``
``Severity``, ``Verdict``, ``Criterion``, ``Finding``, ``Operation``, ``Parameter``, ``Exchange``,
``Actor``          the words of the product as data
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .evidence import Evidence, not_verified
    from .model import (
        Actor,
        Criterion,
        Exchange,
        Finding,
        Operation,
        Parameter,
        Severity,
        Verdict,
        check,
    )

__all__ = [
    "Actor",
    "Criterion",
    "Evidence",
    "Exchange",
    "Finding",
    "Operation",
    "Parameter",
    "Severity",
    "Verdict",
    "__version__",
    "check",
    "not_verified",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import evidence, model  # noqa: PLC0415 - loaded only where it is needed

    return getattr(model if hasattr(model, name) else evidence, name)
