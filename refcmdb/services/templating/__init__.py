"""Templates that users wrote, rendered in a process of their own: bounded in time and memory."""

from __future__ import annotations

import asyncio
import asyncio.subprocess
import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD = "template"
WAIT_S = 1.0
START_S = 10.0
LONGEST_OUTPUT = 100_000
# An answer is one line; JSON writes some characters as six.
LONGEST_LINE = 8 * LONGEST_OUTPUT
WORKER = "refcmdb.services.templating.worker"


class Renderer:
    """The process that renders, started when it is needed; it ends with this one."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def render(self, text: str, values: Mapping[str, Any]) -> str:
        """``text`` with its expressions replaced.

        Raises: BadInput for a template that is wrong, reaches too far, or takes too much.
        """
        line = msgspec.json.encode({"template": text, "values": values}) + b"\n"
        async with self._turn:
            answer = await self._asked(line)
        if "output" not in answer:
            raise BadInput(FIELD, answer["problem"], hostile="hostile" in answer)
        return answer["output"]

    async def _asked(self, line: bytes) -> dict[str, str]:
        process = await self._running()
        try:
            async with asyncio.timeout(WAIT_S):
                answer = await _exchanged(process, line)
        except (TimeoutError, ValueError, OSError):
            answer = b""
        except BaseException:
            await self._end()  # whoever asks next must not get this answer
            raise
        if not answer:
            await self._end()
            return {"problem": "takes too long or too much memory"}
        return msgspec.json.decode(answer, type=dict[str, str])

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", WORKER),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
                env=_without_secrets(),
            )
            await self._wait_until_ready(self._process)
        return self._process

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(START_S):
                ready = await _exchanged(process, b"")
        except OSError:
            ready = b""
        if not ready:
            await self._end()
            raise RuntimeError("the process that renders templates does not start")

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


async def _exchanged(process: asyncio.subprocess.Process, line: bytes) -> bytes:
    """The answer to ``line``; the first one, to nothing, says that the process is ready."""
    if process.stdin is None or process.stdout is None:
        raise OSError("the renderer has no pipes")
    process.stdin.write(line)
    await process.stdin.drain()
    return await process.stdout.readline()


def _without_secrets() -> dict[str, str]:
    """Who breaks out of the sandbox finds no key of ours in the environment."""
    return {name: text for name, text in os.environ.items() if not name.startswith("REFCMDB_")}


_renderer = Renderer()


async def rendered(text: str, values: Mapping[str, Any]) -> str:
    """``text`` with its expressions replaced. Raises: BadInput."""
    return await _renderer.render(text, values)
