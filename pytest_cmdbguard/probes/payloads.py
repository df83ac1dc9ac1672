"""Attack inputs. Each carries fresh tokens, so that whatever shows a token shows its probe.

The SQL families never use ``OR`` (it would widen an UPDATE), change no data and do not sleep.
"""

from __future__ import annotations

import dataclasses
import secrets
import string
from collections.abc import Mapping  # noqa: TC003 - dataclasses read it

_ALPHABET = string.ascii_lowercase + string.digits

# Family to payload; ``{c}`` and ``{d}`` are the tokens. Two tokens around a breaker show whether
# the input stayed in one piece; the tripwire shows that it ran; ``select true as`` is what
# pg_stat_statements keeps visible. Each of the quick ones finds a call site, or proves that it
# executes, where no other does; ``mixed`` breaks out of every kind of literal, of quoted
# identifiers and of comments.
QUICK = {
    "control": "{c}{d}",
    "mixed": "{c}'\"\\'$$ $q$ */{d}",
    "number": "1 and cmdbguard.tripwire('{c}') and (select true as {d})",
    "string": "{c}'||cmdbguard.tripwire('{d}')||'",
    "order": "1,cmdbguard.tripwire('{c}'),(select true as {d})",
}
# The breakers of ``mixed`` one by one, for points that refuse some of their characters.
SINGLE = {
    "quote": "{c}'{d}",
    "double-quote": '{c}"{d}',
    "backslash": "{c}\\'{d}",
    "dollar": "{c}$$ $q${d}",
    "comment": "{c}*/{d}",
}
# For points that take no text: ``{v}`` is a value that they take, behind which a validation may
# look no more; a list may go on behind a comma, and a path has no slash. What executes is for
# those that let the first one through.
BEHIND = {
    "behind": "{v},{c}'\"\\'$$ $q${d}",
    "behind-text": "{v}'||cmdbguard.tripwire('{c}')||'{d}",
    "behind-word": "{v},cmdbguard.tripwire('{c}'),(select true as {d})",
    "behind-number": "{v} and cmdbguard.tripwire('{c}') and (select true as {d})",
}
FULL = (
    QUICK
    | SINGLE
    | {
        "condition": "{c}' and cmdbguard.tripwire('{d}') and '1'='1",
        "parenthesis": "{c}') and cmdbguard.tripwire('{d}') and ('1'='1",
        "like": "{c}%' and cmdbguard.tripwire('{d}') and '1' like '1",
        "visible": "{c}' and (select true as {d}) and '1'='1",
        "nested-number": "1) and cmdbguard.tripwire('{c}') and (select true as {d}) and (1=1",
        "limit": "1+(select count(*)-1 from (select cmdbguard.tripwire('{c}') as {d}) t)",
        "quoted-column": "id\",cmdbguard.tripwire('{c}') as \"{d}",
        "dollar-string": "{c}$$||cmdbguard.tripwire('{d}')||$$",
        "tagged-string": "{c}$q$||cmdbguard.tripwire('{d}')||$q$",
        "escape-string": "{c}\\'||cmdbguard.tripwire($${d}$$)--",
        "doubled": "{c}''{d}",
        "line": "{c}\n{d}",
        "stacked": "1;select cmdbguard.tripwire('{c}'),(select true as {d})--",
    }
)
PROFILES = {"quick": QUICK, "full": FULL}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SqlProbe:
    """One input with its tokens; ``family`` names the context it is made for.

    ``beside`` are values by (location, name) that go with it: none here.
    """

    family: str
    text: str
    tokens: tuple[str, ...]
    destructive: bool = False
    beside: Mapping[tuple[str, str], object] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TextProbe:
    """One input with its tokens, if it has any, in their order in the text.

    ``beside`` are values that go with it, by (location, name).
    """

    text: str
    tokens: tuple[str, ...] = ()
    beside: Mapping[tuple[str, str], object] = dataclasses.field(default_factory=dict)


def fresh_token() -> str:
    """A text that occurs nowhere yet: ``zq`` and ten of 36 characters (51 random bits).

    Letters first, so that outside a literal PostgreSQL reads it as an identifier; lower case, so
    that it survives ``upper()`` and ``lower()`` when searched without regard to case.
    """
    return "zq" + "".join(secrets.choice(_ALPHABET) for _ in range(10))


def sql_probes(profile: str = "quick") -> tuple[SqlProbe, ...]:
    """The probes of a profile (``quick`` or ``full``) for one injection point, tokens fresh.

    The first is the control: a harmless input that shows whether the point reaches the database.
    """
    return tuple(sql_probe(family) for family in PROFILES[profile])


def sql_probe(family: str, *, valid: object = "") -> SqlProbe:
    """A probe of one family with fresh tokens, for instance to confirm an earlier one.

    Args:
        family: one of :data:`FULL` or :data:`BEHIND`.
        valid: a value that the point takes, for the families of :data:`BEHIND`.
    """
    tokens = {name: fresh_token() for name in ("c", "d")}
    text = (FULL | BEHIND)[family].format_map(tokens | {"v": valid})
    return SqlProbe(family=family, text=text, tokens=tuple(tokens.values()))
