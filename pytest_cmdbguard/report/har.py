"""``zap-history.har``: what went through ZAP, as HAR 1.2, without credentials.

Bodies are cut at 16 KiB. What stood in a header that carries credentials is hidden wherever
else it occurs, and so are the values of fields that are named like secrets.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from pytest_cmdbguard.report.whole import write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

NAME = "zap-history.har"
HIDDEN = "[hidden]"
BODY_CHARACTERS = 16 * 1024
SECRET_HEADERS = frozenset(
    {"api-key", "authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"}
    | {"x-auth-token", "x-csrf-token", "x-zap-api-key"}
)
_WORDS = "passw(?:or)?d|secret|token|api_?key|community|private_?key|session"
_JSON_FIELD = re.compile(rf'("[^"]*(?:{_WORDS})[^"]*"\s*:\s*")((?:[^"\\]|\\.)*)', re.IGNORECASE)
_FORM_FIELD = re.compile(rf"((?:^|[?&\s])[^=&\s]*(?:{_WORDS})[^=&\s]*=)([^&\s]+)", re.IGNORECASE)
_SHORTEST = 12  # shorter values occur by chance
_MOST_VALUES = 200


def write(
    messages: Iterable[Mapping[str, Any]],
    directory: Path,
    *,
    creator: str,
    secret_headers: Iterable[str] = (),
) -> int:
    """Write the archive, oldest exchange first.

    Args:
        messages: as ZAP's API gives them (``core.messages``).
        directory: of the report.
        creator: name and version of what recorded them.
        secret_headers: names of headers with credentials, beside the usual ones.
    Returns: how many exchanges are in it. Raises: OSError.
    """
    ordered = sorted(messages, key=lambda message: int(message["id"]))
    hide = _Hiding(ordered, SECRET_HEADERS | {name.lower() for name in secret_headers})
    name, _, version = creator.partition(" ")
    log = {
        "version": "1.2",
        "creator": {"name": name, "version": version},
        "entries": [_entry(message, hide) for message in ordered],
    }
    write_json(directory / NAME, {"log": log}, indent=None)
    return len(ordered)


class _Hiding:
    """Takes credentials out of headers and texts."""

    def __init__(self, messages: Sequence[Mapping[str, Any]], names: frozenset[str]) -> None:
        self.names = names
        seen = Counter(
            word
            for message in messages
            for name, value in _headers(message["requestHeader"])
            if name.lower() in names
            for word in re.split(r"[\s;=]+", value)
            if len(word) >= _SHORTEST
        )
        values = [re.escape(word) for word, _ in seen.most_common(_MOST_VALUES)]
        self._values = re.compile("|".join(values) or r"(?!)")
        self._often = functools.lru_cache(maxsize=4096)(self.text)

    def text(self, text: str) -> str:
        """A body or URL without them."""
        shown = self._values.sub(HIDDEN, text[:BODY_CHARACTERS])
        for pattern in (_JSON_FIELD, _FORM_FIELD):
            shown = pattern.sub(rf"\g<1>{HIDDEN}", shown)
        return shown

    def headers(self, block: str) -> list[dict[str, str]]:
        """Headers in HAR's form."""
        return [
            {"name": name, "value": HIDDEN if name.lower() in self.names else self._often(value)}
            for name, value in _headers(block)
        ]


def _entry(message: Mapping[str, Any], hide: _Hiding) -> dict[str, Any]:
    waited_ms = int(message.get("rtt") or 0)
    started = dt.datetime.fromtimestamp(int(message["timestamp"]) / 1000, tz=dt.UTC)
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds"),
        "time": waited_ms,
        "request": _request(message, hide),
        "response": _response(message, hide),
        "cache": {},
        "timings": {"send": 0, "wait": waited_ms, "receive": 0},
    }


def _request(message: Mapping[str, Any], hide: _Hiding) -> dict[str, Any]:
    method, url, version = _line(message["requestHeader"])
    headers = hide.headers(message["requestHeader"])
    shown = hide.text(url)
    pairs = parse_qsl(urlsplit(shown).query, keep_blank_values=True)
    request: dict[str, Any] = {
        "method": method,
        "url": shown,
        "httpVersion": version,
        "cookies": [],
        "headers": headers,
        "queryString": [{"name": name, "value": value} for name, value in pairs],
        "headersSize": len(message["requestHeader"]),
        "bodySize": len(message["requestBody"]),
    }
    if message["requestBody"]:
        text = hide.text(message["requestBody"])
        request["postData"] = {"mimeType": _media(headers), "params": [], "text": text}
    return request


def _response(message: Mapping[str, Any], hide: _Hiding) -> dict[str, Any]:
    version, status, reason = _line(message["responseHeader"])
    headers = hide.headers(message["responseHeader"])
    body = message["responseBody"]
    return {
        "status": int(status) if status.isdigit() else 0,
        "statusText": reason,
        "httpVersion": version,
        "cookies": [],
        "headers": headers,
        "content": {"size": len(body), "mimeType": _media(headers), "text": hide.text(body)},
        "redirectURL": next((h["value"] for h in headers if h["name"].lower() == "location"), ""),
        "headersSize": len(message["responseHeader"]),
        "bodySize": len(body),
    }


def _line(block: str) -> tuple[str, str, str]:
    """The three parts of a first line, empty where there are fewer (no answer came)."""
    first = block.partition("\r\n")[0]
    parts = [*first.split(" ", 2), "", "", ""]
    return parts[0], parts[1], parts[2]


def _headers(block: str) -> list[tuple[str, str]]:
    lines = [line.partition(":") for line in block.split("\r\n")[1:]]
    return [(name, value.strip()) for name, colon, value in lines if colon]


def _media(headers: Sequence[Mapping[str, str]]) -> str:
    return next((h["value"] for h in headers if h["name"].lower() == "content-type"), "")
