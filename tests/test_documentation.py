"""What the documentation tells people to type, open or expect is there."""

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
import yaml

from pytest_cmdbguard.collection import shipped_claims
from pytest_cmdbguard.criteria import TABLE
from pytest_cmdbguard.settings import OPTIONS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/*.md", "refcmdb/*.md")
    for path in ROOT.glob(pattern)
)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FLAG = re.compile(r"--cmdbguard(?:-[a-z]+)*")
MAKE = re.compile(r"\bmake ([a-z]+)\b")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+\.(md|py|toml|ini)")
# Files that users write, or that a run makes; then those that the task documents name.
NOT_OURS = (
    "cmdbguard.toml",
    "cmdbguard-baseline.toml",
    "pytest.ini",
    "cmdbguard-report/",
    "tests/test_cmdb.py",
    "cache_service.py",
    "compression_middleware.py",
    "performance_service.py",
    "security_middleware.py",
)


def prose(document):
    return FENCE.sub("", document.read_text())


def code(document):
    """What is set as code: the blocks, and the spans between backticks."""
    text = document.read_text()
    return [*FENCE.findall(text), *CODE.findall(FENCE.sub("", text))]


def anchors(document):
    """The anchors that the headings of a document get."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document):
    for link in LINK.findall(prose(document)):
        if link.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name) if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


def missing_paths(document):
    """Code spans that look like a path of this repository and are none."""
    for span in CODE.findall(prose(document)):
        looks_like_one = PATH.fullmatch(span) and not span.startswith(NOT_OURS)
        top = ROOT / span.split("/")[0]
        if (
            looks_like_one
            and ("/" not in span or top.exists())
            and not ROOT.joinpath(span).exists()
            and not document.parent.joinpath(span).exists()
        ):
            yield span


def unknown_flags(text):
    return set(FLAG.findall(text)) - {option.flag for option in OPTIONS}


def make_targets():
    return set(
        re.findall(r"^([a-z]+):.* ## ", ROOT.joinpath("Makefile").read_text(), re.MULTILINE)
    )


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request):
    return request.param


def test_links_lead_somewhere(document):
    assert not list(broken_links(document))


def test_paths_exist(document):
    assert not list(missing_paths(document))


def test_options_exist(document):
    assert not unknown_flags(document.read_text())


def test_make_targets_exist(document):
    assert set(MAKE.findall("\n".join(code(document)))) <= make_targets()


def test_wrong_documentation_is_seen(tmp_path):
    document = tmp_path / "README.md"
    document.write_text(
        "# A\n[x](gone.md) [y](#b) [z](#a) `checks/gone.py` `checks/__init__.py`\n"
    )
    assert list(broken_links(document)) == ["gone.md", "#b"]
    assert list(missing_paths(document)) == ["checks/gone.py"]
    assert unknown_flags("pytest --cmdbguard --cmdbguard-speed 3") == {"--cmdbguard-speed"}


def selected_criteria():
    """What ``make gate`` selects, as make expands it."""
    dry_run = subprocess.run(
        ["make", "--dry-run", "STAMP=", "gate"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},  # without what a `make test` around us hands down
        check=True,
        capture_output=True,
        text=True,
    )
    words = shlex.split(dry_run.stdout)
    return words[words.index("--cmdbguard-select") + 1 :]


def criteria_with_checks():
    return {claim.criterion for claim in shipped_claims().values()}


def test_make_gate_selects_everything_that_can_be_decided_here():
    """Whole criteria by name, and single checks where one of the criterion's needs more."""
    claims = shipped_claims()
    chosen = set(selected_criteria())
    whole = {claim.criterion for claim in claims.values()} & chosen
    left_out = {i for i, c in claims.items() if c.criterion not in whole and i not in chosen}
    assert chosen <= {*whole, *claims}
    in_containers = {name for name in claims if name.startswith("CG-CONT-")}
    assert left_out == {
        "CG-DEP-001",
        *in_containers,
    }  # asks a source of advisories that users name


def test_readme_names_every_criterion_that_has_no_checks():
    spans = set(CODE.findall(prose(ROOT / "README.md")))
    assert {criterion.id for criterion in TABLE} - criteria_with_checks() <= spans


def test_extras_in_install_commands_exist(document):
    declared = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]
    named = re.findall(r"pytest-cmdbguard\[([\w,]+)\]", document.read_text())
    assert {extra for group in named for extra in group.split(",")} <= {
        *declared["optional-dependencies"]
    }


CHECKS = ROOT / "docs" / "checks.md"
INTRODUCTION = """\
Every shipped check, by criterion, with the number of planted faults that turn it red and of sound
look-alikes that must not (`make faults`). This page is made from the code:
`UPDATE_DOCS=1 make test ARGS="tests/test_documentation.py"`.
"""
CHECKS_HEAD = f"# Checks\n\n{textwrap.fill(INTRODUCTION.replace(chr(10), ' '), 128)}\n"


def table_of_checks():
    """The page that lists every check, as it must read."""
    command = [sys.executable, "-m", "refcmdb", "faults"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    planted = [(entry["check"], entry["kind"]) for entry in listed]
    claims = shipped_claims()
    lines = [CHECKS_HEAD]
    for criterion in TABLE:
        mine = sorted(i for i, claim in claims.items() if claim.criterion == criterion.id)
        if mine:
            lines += [f"## {criterion.id}", "", f"{criterion.text}.", ""]
            lines += ["| check | claim | severity | known as | faults | twins |"]
            lines += ["|---|---|---|---|---|---|"]
            lines += [row_of(claims[i], planted) for i in mine] + [""]
    return "\n".join(lines)


def row_of(claim, planted):
    counts = (planted.count((claim.id, kind)) for kind in ("fault", "twin"))
    cells = [claim.id, claim.title, claim.severity, " · ".join(claim.references), *counts]
    return "| " + " | ".join(map(str, cells)) + " |"


def test_every_check_is_listed_as_it_is():
    if os.environ.get("UPDATE_DOCS"):
        CHECKS.write_text(table_of_checks())
    assert CHECKS.read_text() == table_of_checks()


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "ci").iterdir()), ids=lambda p: p.name)
def test_examples_of_ci_can_be_read_and_use_options_that_exist(path):
    text = path.read_text()
    assert path.suffix != ".yml" or yaml.safe_load(text)
    flags = set(FLAG.findall(text))
    assert flags
    assert flags <= {option.flag for option in OPTIONS}
