"""The arrows of docs/architecture.md.

import-linter holds them between modules; a walk over the syntax trees holds what it cannot see:
checks/ and fixtures/, which have another name once they are installed.
"""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def lint_imports(root):
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=root, check=False, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path):
    """A copy of what import-linter reads, to plant wrong arrows in."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("pytest_cmdbguard", "refcmdb"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_arrows_between_modules_point_inward():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("pytest_cmdbguard/model.py", "import pytest_cmdbguard.settings", "arrows point inward"),
        ("pytest_cmdbguard/probes/__init__.py", "from .. import services", "arrows point inward"),
        ("pytest_cmdbguard/report/__init__.py", "from .. import runner", "arrows point inward"),
        ("pytest_cmdbguard/runner.py", "import refcmdb", "the plugin starts refcmdb"),
        ("refcmdb/__init__.py", "import pytest_cmdbguard", "refcmdb stands alone"),
    ],
)
def test_arrow_that_points_outward_is_seen(copy, module, statement, contract):
    with copy.joinpath(module).open("a") as source:
        source.write(f"\n{statement}\n")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert f"{contract}" in result.stdout.partition("Broken contracts")[2]


def imported(source, package):
    """The absolute names that a module of ``package`` imports with statements."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: -(node.level - 1) or None] if node.level else []
            origin = ".".join([*parents, *filter(None, [node.module])])
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def wrong_imports(source, package, forbidden):
    return {
        name
        for name in imported(source, package)
        if any(name == wrong or name.startswith(f"{wrong}.") for wrong in forbidden)
    }


BY_NAME_ONLY = {"checks", "fixtures", "pytest_cmdbguard.checks", "pytest_cmdbguard.fixtures"}
FORBIDDEN = {
    "pytest_cmdbguard": BY_NAME_ONLY,
    "checks": {"checks", "fixtures", "refcmdb"},
    "fixtures": {"checks", "fixtures", "refcmdb", "pytest_cmdbguard.checks"},
}


@pytest.mark.parametrize("directory", FORBIDDEN)
def test_checks_and_fixtures_are_reached_by_name_only(directory):
    wrong = {
        str(path.relative_to(ROOT)): names
        for path in ROOT.joinpath(directory).rglob("*.py")
        if (names := wrong_imports(path.read_text(), package_of(path), FORBIDDEN[directory]))
    }
    assert not wrong


def package_of(path):
    """The package that relative imports of a module count from, as it is called when installed."""
    name = ".".join(path.relative_to(ROOT).parent.parts)
    return name if name.startswith("pytest_cmdbguard") else f"pytest_cmdbguard.{name}"


@pytest.mark.parametrize(
    ("statement", "package"),
    [
        ("import pytest_cmdbguard.checks.injection", "pytest_cmdbguard"),
        ("from pytest_cmdbguard import checks", "pytest_cmdbguard"),
        ("from . import checks", "pytest_cmdbguard"),
        ("from ..fixtures.api import api", "pytest_cmdbguard.services"),
        ("def late():\n    from checks import headers", "pytest_cmdbguard"),
    ],
)
def test_static_import_of_checks_or_fixtures_is_seen(statement, package):
    assert wrong_imports(statement, package, BY_NAME_ONLY)


def test_neighbour_with_a_similar_name_is_no_wrong_import():
    assert not wrong_imports("from .checkstyle import x", "pytest_cmdbguard", BY_NAME_ONLY)
