"""Templates of users are rendered by a plain Jinja environment in the server's own process: they
reach Python's objects, and everything through them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2

from refcmdb.services import templating
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "fault"
CHECK = "CG-TPL-001"
OPERATION = "tools_render"


def plant() -> None:
    """No process in between, and no sandbox."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)

    async def rendered(text: str, values: Mapping[str, Any]) -> str:
        try:
            return environment.from_string(text).render(values)
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise BadInput("template", "cannot be rendered") from error

    templating.rendered = rendered
