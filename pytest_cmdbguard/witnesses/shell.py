"""Where a text stands in a shell command: inside one word, or has it become syntax?

A small reader of the POSIX shell's quoting (XCU 2.2 and 2.10.1); it runs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh"}
_BOUNDARY, _ACTIVE = "\0", "\1"
_OPERATORS = " \t\r\n;&|<>()"
_ESCAPABLE = '$`"\\\n'  # inside of double quotes


def script_of(command: list[str]) -> str:
    """What a shell is told to run by an argument list; empty where the program is no shell."""
    program = command[0].rpartition("/")[2] if command else ""
    if program not in SHELLS:
        return ""
    options = [n for n, word in enumerate(command[:-1]) if n and _takes_script(word)]
    return command[options[0] + 1] if options else ""


def breaks_out(script: str, *, first: str, last: str, sent: str) -> bool:
    """Whether input that begins and ends with two tokens is more than literal text of one word.

    Args:
        script: what the shell was given.
        first: the token that the input has at its beginning, lower case.
        last: the one at its end.
        sent: the text between them as it was sent.
    """
    raw = _between(script.replace(_BOUNDARY, ""), first, last)
    literal = _between("".join(_read(script)), first, last)
    if raw is None:
        return False  # it was cut or cleaned before
    if literal is None or _BOUNDARY in literal or _ACTIVE in literal:
        return True
    return sent in raw and sent not in literal


def _takes_script(word: str) -> bool:
    """``-c`` alone or among other letters (``-ec``)."""
    return word.startswith("-") and not word.startswith("--") and word.endswith("c")


def _between(text: str, first: str, last: str) -> str | None:
    start = text.lower().find(first)
    end = text.lower().find(last, start + len(first))
    return None if start < 0 or end < 0 else text[start + len(first) : end]


def _read(script: str) -> Iterator[str]:
    """The characters that are literal; marks where words end or something is expanded."""
    quote, characters = "", iter(script)
    for character in characters:
        if character == "\\" and quote != "'":
            following = next(characters, "")
            kept = "" if not quote or following in _ESCAPABLE else character
            yield kept + following
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        elif quote != "'" and character in "$`":
            yield _ACTIVE
        elif not quote and character in _OPERATORS:
            yield _BOUNDARY
        else:
            yield character
