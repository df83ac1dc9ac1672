"""What a user installs is what the tree holds.

Packages are listed by hand in pyproject.toml, because no finder of setuptools can map checks/ to
pytest_cmdbguard.checks.
"""

import configparser
import json
import os
import shutil
import site
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAPPED = {"checks": "pytest_cmdbguard/checks", "fixtures": "pytest_cmdbguard/fixtures"}
INSTALLED = ("pytest_cmdbguard", "refcmdb", *MAPPED)
JUNK = {".pyc", ".pyo", ".orig", ".swp"}
# What npm brings, to build the web application with.
MODULES = "node_modules"
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", MODULES)


def installed_name(path):
    """Where a file of the tree lies in the wheel."""
    top, *rest = path.relative_to(ROOT).parts
    return "/".join([MAPPED.get(top, top), *rest])


def tree_files():
    """Every file of the installed directories but what tools leave, by its name in the wheel."""
    return {
        installed_name(path)
        for top in INSTALLED
        for path in ROOT.joinpath(top).rglob("*")
        if path.is_file() and path.suffix not in JUNK and MODULES not in path.parts
    }


def build(source, kind, output):
    """Build a ``wheel``, an ``sdist`` or an ``editable`` with the backend that pip would call."""
    call = f"import sys, setuptools.build_meta as b; b.build_{kind}(sys.argv[1])"
    command = [sys.executable, "-W", "ignore", "-c", call, output]
    result = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    (built,) = output.iterdir()
    return built


def copy_of_tree(target):
    """The tree without an old build/, out of which setuptools would take files."""
    keep = {*INSTALLED, "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"}
    target.mkdir()
    for path in (ROOT / name for name in keep):
        if path.is_dir():
            shutil.copytree(path, target / path.name, ignore=LEFT_BEHIND)
        elif path.exists():
            shutil.copy(path, target)
    return target


def files_of_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    return {name for name in names if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The wheel and the sdist of the tree."""
    directory = tmp_path_factory.mktemp("packed")
    source = copy_of_tree(directory / "source")
    for kind in ("wheel", "sdist"):
        directory.joinpath(kind).mkdir()
    return {kind: build(source, kind, directory / kind) for kind in ("wheel", "sdist")}


@pytest.fixture(scope="module")
def wheel(packed):
    return packed["wheel"]


def test_wheel_holds_every_file_of_the_tree_and_nothing_else(wheel):
    assert files_of_wheel(wheel) == tree_files()


def test_sdist_builds_the_same_wheel(packed, tmp_path):
    with tarfile.open(packed["sdist"]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    output = tmp_path / "wheel"
    output.mkdir()
    rebuilt = build(source, "wheel", output)
    assert files_of_wheel(rebuilt) == files_of_wheel(packed["wheel"])


def test_every_directory_with_python_files_is_a_listed_package():
    """Programs that no package owns are files of the package above them."""
    listed = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["tool"]["setuptools"]
    owned = {
        f"{top}/{place}" for top, places in listed["package-data"].items() for place in places
    }
    found = {
        installed_name(path).rpartition("/")[0]
        for top in INSTALLED
        for path in ROOT.joinpath(top).rglob("*.py")
    }
    packages = {place for place in found if f"{place}/*.py" not in owned}
    assert set(listed["packages"]) == {place.replace("/", ".") for place in packages}


def test_wheel_registers_the_plugin_under_its_name(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        entry_points = configparser.ConfigParser()
        entry_points.read_string(archive.read(name).decode())
    assert dict(entry_points["pytest11"]) == {"cmdbguard": "pytest_cmdbguard.plugin"}


PROBE = """
import importlib.util, json, site, sys
site.addsitedir(sys.argv[1])
sys.meta_path.insert(0, sys.meta_path.pop())  # before whatever is installed where the tests run
sys.path += sys.argv[2:]
def origin(name):
    spec = importlib.util.find_spec(name)
    return spec and spec.origin
names = ["pytest_cmdbguard.checks", "pytest_cmdbguard.fixtures", "refcmdb", "checks", "fixtures"]
print(json.dumps({name: origin(name) for name in names}))
"""


def test_editable_install_sees_checks_inside_the_package_only(tmp_path):
    source = copy_of_tree(tmp_path / "source")
    output, target = tmp_path / "editable", tmp_path / "site-packages"
    output.mkdir()
    with zipfile.ZipFile(build(source, "editable", output)) as archive:
        archive.extractall(target)
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROBE, target, *site.getsitepackages()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(found.stdout) == {
        "pytest_cmdbguard.checks": str(source / "checks" / "__init__.py"),
        "pytest_cmdbguard.fixtures": str(source / "fixtures" / "__init__.py"),
        "refcmdb": str(source / "refcmdb" / "__init__.py"),
        "checks": None,
        "fixtures": None,
    }
