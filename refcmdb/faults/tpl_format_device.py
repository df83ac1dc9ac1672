"""Templates without Jinja marks are taken for the format strings of an older release:
``str.format`` with the device, whose attributes lead to Python's own objects.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from refcmdb.services import templating
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "fault"
CHECK = "CG-TPL-001"
OPERATION = "tools_render"


def plant() -> None:
    """Nobody writes ``{device.name}`` any more, but it still works."""
    production = templating.rendered

    async def rendered(text: str, values: Mapping[str, Any]) -> str:
        if "{{" in text or "{%" in text or "{" not in text:
            return await production(text, values)
        device = types.SimpleNamespace(**values.get("device", {}))
        try:
            return text.format(**{**values, "device": device})
        except (LookupError, AttributeError, ValueError, TypeError) as error:
            raise BadInput("template", "cannot be rendered") from error

    templating.rendered = rendered
