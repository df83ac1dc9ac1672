"""What the documents say to type is understood, and what they say to ask is answered."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from refcmdb.__main__ import _parser
from refcmdb.api import openapi

ROOT = Path(__file__).parents[2]
PAGES = {*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "refcmdb" / "README.md"}
DOCUMENTS = sorted(PAGES - {ROOT / "docs" / "nautobot.md"})  # which asks somebody else
COMMAND = re.compile(r"python -m refcmdb ([^`\n)>|]+)")
ASKED = re.compile(r"`(GET|POST|PATCH|DELETE) (/[\w/{}-]+)`")
TYPED = re.compile(r"^\$ api (.*)$", re.MULTILINE)
# What the prose puts in place of a word.
ABBREVIATED = re.compile(r"…|\bbackup\|restore\|drill\b")


def commands(text: str) -> list[str]:
    return [one.strip() for one in COMMAND.findall(text) if not ABBREVIATED.search(one)]


def asked(text: str) -> set[tuple[str, str]]:
    """Method and path of what is asked, in the prose and in the blocks."""
    found = set(ASKED.findall(text))
    for line in TYPED.findall(text):
        words = shlex.split(line)
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        (url,) = [word for word in words if word.startswith("$CMDB/")]
        found.add((method, url.removeprefix("$CMDB").partition("?")[0]))
    return found


def is_served(method: str, path: str) -> bool:
    served = openapi.document()["paths"]
    return any(
        re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(known)), path)
        and method.lower() in methods
        for known, methods in served.items()
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_paths_exist(path):
    text = path.read_text()
    for command in commands(text):
        _parser().parse_args(shlex.split(command))
    assert [one for one in sorted(asked(text)) if not is_served(*one)] == []


def test_what_does_not_exist_is_seen(capsys):
    text = "`python -m refcmdb keys turn` `POST /health`\n$ api -X POST $CMDB/api/v1/alarms?a=1\n"
    assert commands(text) == ["keys turn"]
    with pytest.raises(SystemExit):
        _parser().parse_args(shlex.split(*commands(text)))
    assert "invalid choice: 'turn'" in capsys.readouterr().err
    assert asked(text) == {("POST", "/health"), ("POST", "/api/v1/alarms")}
    assert not any(is_served(*one) for one in asked(text))


def test_runbooks_have_commands():
    text = (ROOT / "docs" / "runbooks.md").read_text()
    assert {command.split()[0] for command in commands(text)} >= {
        *("backup", "restore", "drill", "keys", "passwords", "revoke", "tokens"),
    }
    assert len(asked(text)) >= 5
