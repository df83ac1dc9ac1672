"""Settings as fields of dataclasses: of which variable each comes, how it is read, what it means.

The page of all variables, docs/environment.md, is made from these fields.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SWITCH = {"on": True, "off": False}
SHORTEST_SECRET = 16
_KEY = "variable"  # of a field's metadata


class SettingsError(Exception):
    """An environment variable has a value that cannot be used."""

    def __init__(self, variable: str, problem: str) -> None:
        self.variable = variable
        super().__init__(f"{variable} {problem}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """Where a field comes from.

    Attributes:
        read: makes its value of a text that is not empty. Raises: ValueError, in words that can
            follow the variable's name.
        values: what may stand there, for people.
        default: what counts without it, for people; empty where it must be set or nothing counts.
        secret: it may stand in a file that ``…_FILE`` names, as container platforms hand it over.
    """

    name: str
    meaning: str
    read: Callable[[str], Any]
    values: str
    default: str
    secret: bool


def setting(
    name: str,
    meaning: str,
    *,
    read: Callable[[str], Any],
    values: str,
    shown: str = "",
    secret: bool = False,
    **default: Any,  # noqa: ANN401 - of any type
) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A field that a variable sets; ``default`` or ``default_factory`` as in dataclasses.

    ``shown`` is the default for people.
    """
    variable = Variable(
        name=name, meaning=meaning, read=read, values=values, default=shown, secret=secret
    )
    return dataclasses.field(**default, repr=not secret, metadata={_KEY: variable})


def number(name: str, meaning: str, *, default: int, lowest: int = 1, highest: int) -> Any:  # noqa: ANN401 - see above
    """A field for a whole number."""

    def read(text: str) -> int:
        plain = text.isascii() and text.isdigit() and len(text) < 10
        if not plain or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}, not {text!r}")
        return int(text)

    values = f"{lowest:,} to {highest:,}"
    return setting(name, meaning, read=read, values=values, shown=str(default), default=default)


def read_word(text: str) -> str:
    """What a header can carry. Raises: ValueError, without the text: it may be secret."""
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("must be one word of ASCII characters")
    return text


def switch(name: str, meaning: str, *, default: bool = True) -> Any:  # noqa: ANN401 - see above
    """A field for what can be switched on and off."""

    def read(text: str) -> bool:
        if text not in SWITCH:
            raise ValueError(f"must be on or off, not {text!r}")
        return SWITCH[text]

    shown = next(word for word, value in SWITCH.items() if value is default)
    return setting(name, meaning, read=read, values="on, off", shown=shown, default=default)


def listed(kind: type) -> Iterator[tuple[dataclasses.Field[Any], Variable]]:
    """The fields of a dataclass that variables set."""
    for field in dataclasses.fields(kind):
        if _KEY in field.metadata:
            yield field, field.metadata[_KEY]


def read[Part](kind: type[Part], environment: Mapping[str, str], **parts: Any) -> Part:  # noqa: ANN401 - any fields
    """A ``kind`` with the fields whose variables are set, and ``parts`` that none sets.

    Raises: SettingsError for the first variable that is wrong, or missing where there is no
        default.
    """
    found = parts
    for field, variable in listed(kind):
        text = _text(variable, environment)
        if text:
            try:
                found[field.name] = variable.read(text)
            except ValueError as error:
                raise SettingsError(variable.name, str(error)) from None
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise SettingsError(variable.name, f"is not set; give {variable.values}")
    return kind(**found)


def _text(variable: Variable, environment: Mapping[str, str]) -> str:
    text, beside = environment.get(variable.name, ""), f"{variable.name}_FILE"
    path = environment.get(beside, "")
    if not (variable.secret and path):
        return text
    if text:
        raise SettingsError(variable.name, f"is set, and {beside} too; set one of them")
    try:
        return pathlib.Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(
            beside, f"names a file that cannot be read: {path} ({reason})"
        ) from None
