"""The page of all variables is made from the settings, and each variable does what it says."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

import pytest

from refcmdb import variables
from refcmdb.settings import PARTS, Settings, SettingsError

ROOT = Path(__file__).parents[2]
GOOD = {"REFCMDB_DATABASE_URL": "postgresql://u@h/d"}
PAGE = ROOT / "docs" / "environment.md"
INTRODUCTION = """\
What every command reads. An empty variable is as if it were not set, and a wrong one stops the
start with one line that names it. What is marked *secret* may stand in a file instead, whose path
is in the variable with `_FILE` behind its name. This page is made from the code:
`UPDATE_DOCS=1 make test ARGS="tests/refcmdb/test_refcmdb_environment.py"`.
"""
HEAD = f"# Environment of refcmdb\n\n{textwrap.fill(INTRODUCTION.replace(chr(10), ' '), 128)}\n"
TITLES = {"": "Services, files, keys"} | {name: name.capitalize() for name in PARTS}
KINDS = {"": Settings, **PARTS}
ALL = [variable for kind in KINDS.values() for _, variable in variables.listed(kind)]


def page():
    """How the page must read."""
    lines = [HEAD]
    for name, kind in KINDS.items():
        lines += [f"## {TITLES[name]}", "", "| variable | meaning | values | default |"]
        lines += ["|---|---|---|---|"]
        lines += [row_of(variable) for _, variable in variables.listed(kind)] + [""]
    return "\n".join(lines)


def row_of(variable):
    meaning = variable.meaning + (" *(secret)*" if variable.secret else "")
    cells = [f"`{variable.name}`", meaning, variable.values, variable.default]
    return "| " + " | ".join(cells).replace("|  |", "| |").rstrip() + " |"


def test_page_is_as_the_settings_are():
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()


def test_documents_name_no_variable_that_nobody_reads():
    known = {variable.name for variable in ALL} | {f"{v.name}_FILE" for v in ALL if v.secret}
    for document in (*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "refcmdb/README.md"):
        # Compose fills in the others by itself.
        ours = set(re.findall(r"\bREFCMDB_[A-Z_]+\b(?!_)", document.read_text()))
        assert ours <= known | {"REFCMDB_IMAGE", "REFCMDB_SECRETS"}, document.name


def test_variables_of_the_compose_file_exist():
    text = (ROOT / "refcmdb/infrastructure/compose.yaml").read_text()
    given = set(re.findall(r"^    (REFCMDB_\w+):", text, re.MULTILINE))
    assert given
    assert given <= {variable.name for variable in ALL} | {
        f"{v.name}_FILE" for v in ALL if v.secret
    }


@pytest.mark.parametrize("name", KINDS, ids=TITLES.get)
def test_shown_default_is_the_real_one(name):
    """Who sets what the page says gets what counts without it."""
    described = {"REFCMDB_SECRET", "REFCMDB_STORAGE"}  # in words
    plain = variables.read(KINDS[name], GOOD)
    for field, variable in variables.listed(KINDS[name]):
        if variable.default and variable.name not in described:
            again = variables.read(KINDS[name], GOOD | {variable.name: variable.default})
            assert getattr(again, field.name) == getattr(plain, field.name), variable.name


@pytest.mark.parametrize("variable", [v for v in ALL if v.secret], ids=lambda v: v.name)
def test_every_secret_may_stand_in_a_file(variable, tmp_path):
    (tmp_path / "secret").write_text("short\n")
    hook = {"REFCMDB_ALERT_WEBHOOK": "https://h.example.com", "REFCMDB_ALERT_SECRET": "s" * 16}
    given = {key: value for key, value in (GOOD | hook).items() if key != variable.name}
    with pytest.raises(SettingsError, match=f"^{variable.name} (must|needs)"):
        Settings.from_environment(given | {f"{variable.name}_FILE": f"{tmp_path}/secret"})
