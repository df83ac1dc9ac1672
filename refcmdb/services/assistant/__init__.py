"""Assistant: questions to an OpenAI-compatible API, and what it used for their answers."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from refcmdb.services.outgoing import Outgoing, Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.services.addresses import Egress
    from refcmdb.services.assistant.settings import Assistance

log = logging.getLogger(__name__)

LARGEST_ANSWER_BYTES = 256 * 1024
# What a model says by itself when it has said everything; anything else was cut off.
WHOLE = "stop"


class Unanswered(Exception):
    """There is no answer, or none that can be shown; the text is for the log."""


class Reply(msgspec.Struct, frozen=True):
    """What the model said, as text; one that is not ``complete`` was cut off."""

    answer: str
    model: str
    complete: bool
    prompt_tokens: int
    completion_tokens: int


@dataclasses.dataclass(slots=True)
class Usage:
    """Since the process began. ``saved_tokens`` would have been used without the cache."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    saved_tokens: int = 0
    failures: int = 0


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Tokens(msgspec.Struct):
    prompt_tokens: Annotated[int, Meta(ge=0)] = 0
    completion_tokens: Annotated[int, Meta(ge=0)] = 0


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], Meta(min_length=1)]
    usage: _Tokens | None = None


class Assistant:
    """The client of one process; close it at the end.

    Its connections are its own: slow models keep no webhook waiting.
    """

    def __init__(self, settings: Assistance, egress: Egress) -> None:
        self.settings, self.usage = settings, Usage()
        self._outgoing = Outgoing(
            egress, timeout_s=settings.timeout_s, largest_bytes=LARGEST_ANSWER_BYTES
        )

    async def close(self) -> None:
        """Disconnect."""
        await self._outgoing.close()

    def request(self, messages: Sequence[dict[str, str]]) -> bytes:
        """What is sent: equal bytes for what must get equal answers."""
        wanted: dict[str, Any] = {
            "model": self.settings.model,
            "messages": messages,
            "max_tokens": self.settings.most_tokens,
            "temperature": 0,
            "stream": False,
        }
        return msgspec.json.encode(wanted, order="deterministic")

    async def ask(self, request: bytes) -> Reply:
        """The answer to a :meth:`request`. Raises: Unanswered."""
        try:
            reply = self._understood(await self._sent(request))
        except Unanswered as error:
            self.usage.failures += 1
            log.warning("the assistant gave no answer: %s", error)
            raise
        self.usage.prompt_tokens += reply.prompt_tokens
        self.usage.completion_tokens += reply.completion_tokens
        return reply

    async def _sent(self, request: bytes) -> bytes:
        key = self.settings.key
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "refcmdb",
            **({"Authorization": f"Bearer {key}"} if key else {}),
        }
        url = f"{self.settings.url}/chat/completions"
        try:
            answer = await self._outgoing.send("POST", url, headers=headers, content=request)
        except Refused as error:
            raise Unanswered("REFCMDB_WEBHOOK_ALLOW does not allow its address") from error
        except Unreachable as error:
            raise Unanswered(str(error)) from error
        if answer.status != 200:
            raise Unanswered(f"its status is {answer.status}")
        return answer.content

    def _understood(self, content: bytes) -> Reply:
        try:
            completion = msgspec.json.decode(content, type=_Completion)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unanswered("that is no chat completion") from error
        choice, used = completion.choices[0], completion.usage or _Tokens()
        if not (choice.message.content or "").strip():
            # A call of a tool, too: it was offered none.
            raise Unanswered(f"there is no text in it, finish_reason {choice.finish_reason!r:.50}")
        return Reply(
            answer=choice.message.content or "",
            model=self.settings.model,
            complete=choice.finish_reason == WHOLE,
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
        )
