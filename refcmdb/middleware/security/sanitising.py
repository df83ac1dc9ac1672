r"""What may stand in a log line: no line ends, no control characters, no secrets.

Control characters (C0, DEL, C1, the Unicode line ends and direction marks) become ``\x1b`` and
the like, so that nothing a caller sent begins a line or speaks to a terminal (CWE-117).
"""

from __future__ import annotations

import logging
import re

MASK = "***"
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SECRETS = (
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)[^\s'\",;]+"),
    re.compile(r"()\brcm_[A-Za-z0-9_-]{8,}"),
    re.compile(
        r"(?i)((?:password|passwd|secret|token|api_?key)[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,}]+"
    ),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
)


def sanitised(text: str) -> str:
    """The text on one line, without what speaks to terminals and without credentials."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{MASK}", text)
    return _CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


class OneLineFormatter(logging.Formatter):
    """Every record is one line, tracebacks and whatever a caller sent included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return sanitised(super().format(record))
