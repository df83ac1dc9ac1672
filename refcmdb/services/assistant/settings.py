"""Which model answers questions, and how much it may be asked."""

from __future__ import annotations

import dataclasses
import re

from refcmdb.variables import SettingsError, number, read_word, setting

URL, MODEL, KEY = "REFCMDB_ASSISTANT_URL", "REFCMDB_ASSISTANT_MODEL", "REFCMDB_ASSISTANT_KEY"


def read_api(text: str) -> str:
    """A URL that paths can follow. Raises: ValueError."""
    if not re.fullmatch(r"https?://[^\s@\\?#]+", text):
        raise ValueError(f"must be a URL such as https://models.example.com/v1, not {text!r}")
    return text.rstrip("/")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assistance:
    """An OpenAI-compatible API. Raises: SettingsError for what lacks something that it needs."""

    url: str = setting(
        URL,
        "an OpenAI-compatible API that answers questions about the network, at an address that"
        " REFCMDB_WEBHOOK_ALLOW allows; without it there is no assistant",
        read=read_api,
        values="https://models.example.com/v1",
        default="",
    )
    model: str = setting(MODEL, "the name of the model", read=str, values="a name", default="")
    key: str = setting(
        KEY, "what the API wants to see", read=read_word, values="a key", secret=True, default=""
    )
    timeout_s: int = number(
        "REFCMDB_ASSISTANT_TIMEOUT",
        "seconds until a question is given up; then 503",
        default=30,
        highest=600,
    )
    most_tokens: int = number(
        "REFCMDB_ASSISTANT_TOKENS",
        "tokens of an answer; one that is cut off there says so",
        default=500,
        highest=100_000,
    )
    per_minute: int = number(
        "REFCMDB_ASSISTANT_RATE",
        "questions per minute of one user, a sixth of it at once; then 429",
        default=30,
        lowest=6,
        highest=100_000,
    )

    def __post_init__(self) -> None:
        if self.url and not self.model:
            raise SettingsError(MODEL, "is not set; give the name of a model")
        for name, given in ((MODEL, self.model), (KEY, self.key)):
            if given and not self.url:
                raise SettingsError(name, f"needs {URL}, which is not set")

    @property
    def enabled(self) -> bool:
        """Whether there is an assistant."""
        return bool(self.url)
