"""The process that renders: one JSON line in, one JSON line out, until its input ends."""

from __future__ import annotations

import resource
import sys
from typing import Any

import jinja2
import msgspec
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from refcmdb.services.templating import LONGEST_OUTPUT

LARGEST_MEMORY_BYTES = 512 * 1024 * 1024

environment = ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    cache_size=0,
)


def main() -> None:
    """Answer until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY_BYTES, LARGEST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _say({})
    for line in sys.stdin.buffer:
        request = msgspec.json.decode(line)
        _say(answer(request["template"], request["values"]))


def answer(text: str, values: dict[str, Any]) -> dict[str, str]:
    """``output``, or ``problem`` for whoever wrote the template, and ``hostile`` if it is."""
    try:
        return {"output": _rendered(text, values)}
    except SecurityError:
        return {"problem": "reaches for what templates may not have", "hostile": "yes"}
    except jinja2.UndefinedError as error:
        return {"problem": f"cannot be rendered: {str(error)[:200]}"}
    except jinja2.TemplateSyntaxError as error:
        return {"problem": f"is wrong in line {error.lineno}: {str(error.message)[:200]}"}
    except MemoryError:
        return {"problem": "takes too long or too much memory"}
    except Exception as error:  # noqa: BLE001 - whatever an expression of the user raised
        return {"problem": f"cannot be rendered: {type(error).__name__}"}


def _rendered(text: str, values: dict[str, Any]) -> str:
    pieces, length = [], 0
    for piece in environment.from_string(text).generate(values):
        length += len(piece)
        if length > LONGEST_OUTPUT:
            raise MemoryError
        pieces.append(piece)
    return "".join(pieces)


def _say(content: dict[str, str]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
