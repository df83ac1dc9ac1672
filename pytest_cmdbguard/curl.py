"""The shell line that sends a request again."""

from __future__ import annotations

import base64
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Exchange

# What curl or the connection adds on its own, or what says nothing about the target.
_AUTOMATIC = {
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "proxy-connection",
    "transfer-encoding",
}
_DEFAULTS = {("user-agent", "pytest-cmdbguard")}
_VARIABLE = re.compile(r"\$\{?CMDBGUARD_\w+")


def line(exchange: Exchange) -> str:
    """One line for bash; the actor's credential is a variable (:attr:`Actor.variable`).

    Headers that the probe changed are told, those of every request are left out. A body with
    characters that a shell word cannot hold is written in ``$'…'``, one with NUL bytes as base64.
    """
    words = ["curl -si", *_method(exchange), shlex.quote(exchange.url)]
    words += [f"-H {quoted}" for quoted in _headers(exchange)]
    if not exchange.request_body:
        return " ".join(words)
    if b"\0" in exchange.request_body:
        encoded = base64.b64encode(exchange.request_body).decode()
        return f"printf %s {encoded} | base64 -d | " + " ".join([*words, "--data-binary @-"])
    option = "--data-binary" if _is_binary(exchange.request_body) else "--data-raw"
    return " ".join([*words, option, _word(exchange.request_body)])


def _method(exchange: Exchange) -> list[str]:
    usual = "POST" if exchange.request_body else "GET"
    if exchange.method == "HEAD":
        return ["-I"]
    return [] if exchange.method == usual else [f"-X {exchange.method}"]


def _headers(exchange: Exchange) -> Iterator[str]:
    told = dict(exchange.request_headers)
    if exchange.actor:
        own = exchange.actor.told_headers
        told = {n: told.pop(n.lower(), value) for n, value in own.items()} | told
    if exchange.request_body:
        told.setdefault("Content-Type", told.pop("content-type", "application/json"))
    for name, value in told.items():
        if name.lower() in _AUTOMATIC or (name, value) in _DEFAULTS:
            continue
        if _VARIABLE.search(value):
            yield f'"{name}: {_expanding(value)}"'
        else:
            yield _word(f"{name}: {value}".encode())


def _expanding(value: str) -> str:
    """For double quotes: only our own variable is one for the shell."""
    return re.sub(r'[\\"`]|\$(?!\{?CMDBGUARD_)', r"\\\g<0>", value)


def _is_binary(raw: bytes) -> bool:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return True
    return any(not (character.isprintable() or character in "\n\t") for character in text)


def _word(raw: bytes) -> str:
    """One word of bash that is exactly these bytes (none of them NUL)."""
    if not _is_binary(raw):
        return shlex.quote(raw.decode())
    named = {9: r"\t", 10: r"\n", 13: r"\r", 39: r"\'", 92: r"\\"}
    inside = (named.get(byte, chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in raw)
    return "$'" + "".join(inside) + "'"
