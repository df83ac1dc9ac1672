"""Templates of users are rendered in the server's own process, by a sandboxed environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from refcmdb.services import templating
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "twin"
CHECK = "CG-TPL-001"
OPERATION = "tools_render"


def plant() -> None:
    """What they may not reach they do not reach here either."""
    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)

    async def rendered(text: str, values: Mapping[str, Any]) -> str:
        try:
            return environment.from_string(text).render(values)
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise BadInput("template", "cannot be rendered") from error

    templating.rendered = rendered
