"""The shell line that sends a request again."""

from __future__ import annotations

import functools
import json
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_CREATED = range(200, 300)
# Ten digits that differ with every ten millionth of a second.
_NUMBER = "n=$(date +%s%N | cut -c8-17)"
# What requests get in order to be unlike others, beside the tokens of probes: the endings of names
# and addresses.
_ENDING = rb"(?<=-)[0-9a-f]{8}(?=[\"'\r\n,;<&]|$)"
_ADDRESS = rb"(?<=\")10(?:\.\d{1,3}){3}(?:/(?:1[6-9]|2\d|3[0-2]))?(?=\")"
# A token behind a slash names a file or an address that is there: it stays.
_TOKEN = rb"(?<![/\\fF])(?:%b)"
_NUMBER_OF = rb"(?<=%b: )%b(?=[,}])"
# How printf is told each byte, inside of single quotes.
_PRINTED = [chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in range(256)]
_PRINTED[ord("\n")], _PRINTED[ord("\r")], _PRINTED[ord("\t")] = r"\n", r"\r", r"\t"
_PRINTED[ord("\\")], _PRINTED[ord("%")], _PRINTED[ord("'")] = r"\\", "%%", r"\047"
_VARIABLE = re.compile(r"\$\{?CMDBGUARD_\w+")


def line(exchange: Exchange) -> str:
    """One line for any POSIX shell; the actor's credential is a variable (:attr:`Actor.variable`).

    Headers that the probe changed are told, those of every request are left out. A body with
    characters that a shell word cannot hold comes from ``printf``. What creates something names it
    anew each time the line is pasted: a second one of the same name would be refused.
    """
    words = ["curl -si", *_method(exchange), shlex.quote(exchange.url)]
    words += [f"-H {quoted}" for quoted in _headers(exchange)]
    if not exchange.request_body:
        return " ".join(words)
    creates = exchange.method == "POST" and exchange.status in _CREATED
    body = _renewing(exchange) if creates else [(exchange.request_body, "")]
    number = f"{_NUMBER}; " if len(body) > 1 else ""
    if _is_binary(exchange.request_body):
        return f"{number}{_printf(body)} | " + " ".join([*words, "--data-binary @-"])
    word = "".join(f'{shlex.quote(raw.decode())}"{anew}"' for raw, anew in body)
    return number + " ".join([*words, "--data-raw", word.removesuffix('""')])


def _renewing(exchange: Exchange) -> list[tuple[bytes, str]]:
    """A body in pieces: what stays as it is, and what the shell puts behind it."""
    kinds = [(_ENDING, _other_ending), (_ADDRESS, _other_address)]
    if exchange.tokens:
        kinds.append((_TOKEN % "|".join(exchange.tokens).encode(), _other_token))
    for name, number, lowest, highest in exchange.chosen:
        pattern = _NUMBER_OF % (re.escape(json.dumps(name).encode()), str(number).encode())
        kinds.append((pattern, functools.partial(_other_number, lowest=lowest, highest=highest)))
    pieces, end = [], 0
    for found in re.finditer(
        b"|".join(b"(%b)" % kind for kind, _ in kinds), exchange.request_body
    ):
        _, other = kinds[(found.lastindex or 1) - 1]
        pieces.append((exchange.request_body[end : found.start()], other(found[0].decode())))
        end = found.end()
    return [*pieces, (exchange.request_body[end:], "")]


def _other_token(_: str) -> str:
    return "zq$n"


def _other_ending(_: str) -> str:
    return "${n#??}"


def _other_number(_: str, *, lowest: int, highest: int) -> str:
    return f"$((1$n % {highest - lowest + 1} + {lowest}))"


def _other_address(text: str) -> str:
    """Other numbers inside of the prefix, in 10.0.0.0/8."""
    address, slash, length = text.partition("/")
    ten, _, third, fourth = address.split(".")
    if int(length or 32) >= 24:  # else it is a part that the prefix leaves open
        third = "$((1$n % 250))"
    return f"{ten}.$((1$n / 250 % 250)).{third}.{fourth}{slash}{length}"


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
    """One word of the shell that is exactly these bytes (none of them NUL)."""
    return f'"$({_printf([(raw, "")])})"' if _is_binary(raw) else shlex.quote(raw.decode())


def _printf(pieces: Iterable[tuple[bytes, str]]) -> str:
    """The command that prints a body; of it, only what is made anew is for the shell."""
    told = list(pieces)
    form = "%s".join("".join(map(_PRINTED.__getitem__, raw)) for raw, _ in told)
    return " ".join(["printf --", f"'{form}'", *(f'"{anew}"' for _, anew in told[:-1])])
