"""The target's code, looked at without running it: Bandit, bills of materials, advisories."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pytest_cmdbguard.campaigns import inspection


@pytest.fixture(scope="module")
def materials():
    return inspection.materials(Path(sys.executable))


def written(folder: Path, text: str) -> tuple[Path, ...]:
    path = folder / "service.py"
    path.write_text(text)
    return (path,)


def test_bandit_names_the_line(tmp_path):
    code = written(tmp_path, "import subprocess\n\nsubprocess.run(input(), shell=True)\n")
    (weakness,) = inspection.weaknesses(code)
    assert weakness.rule == "B602"
    assert weakness.place.endswith("service.py:3")


def test_bandit_is_quiet_about_what_is_only_a_hint(tmp_path):
    assert inspection.weaknesses(written(tmp_path, "import subprocess\nassert subprocess\n")) == []


def test_the_bill_is_cyclonedx_and_names_what_is_installed(materials):
    bill = json.loads(materials.bill("service"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "service"
    found = {one["name"]: one for one in bill["components"]}
    assert found["pytest"]["version"] == pytest.__version__
    assert found["pytest"]["purl"] == f"pkg:pypi/pytest@{pytest.__version__}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import nobody_knows_it", ["nobody_knows_it"]),
        ("from nobody_knows_it.part import thing", ["nobody_knows_it"]),
        ("import importlib\nimportlib.import_module('nobody_knows_it')", ["nobody_knows_it"]),
        ("def late():\n    import nobody_knows_it", ["nobody_knows_it"]),
        ("try:\n    import nobody_knows_it\nexcept ImportError:\n    pass", []),
        ("try:\n    import nobody_knows_it\nfinally:\n    pass", ["nobody_knows_it"]),
        ("import json, pytest, service", []),
        ("from . import neighbour", []),
    ],
)
def test_what_no_distribution_brings_is_named(tmp_path, materials, text, names):
    found = inspection.unnamed(written(tmp_path, text), materials)
    assert [module for module, _ in found] == names


def audit(folder: Path, dependencies: object) -> Path:
    path = folder / "audit.json"
    path.write_text(json.dumps({"dependencies": dependencies}))
    return path


def advisory(version: str) -> dict:
    return {"name": "pytest", "version": version, "vulns": [{"id": "X-1", "fix_versions": ["99"]}]}


def test_an_advisory_about_an_installed_version_is_told(tmp_path, materials):
    source = audit(tmp_path, [advisory(pytest.__version__)])
    (line,) = inspection.advisories(source, materials)
    assert line == f"pytest {pytest.__version__}: X-1, fixed in 99"


def test_an_advisory_about_another_version_is_none_of_ours(tmp_path, materials):
    assert inspection.advisories(audit(tmp_path, [advisory("0.1")]), materials) == []


@pytest.mark.parametrize(
    "dependencies", [[], [{"name": "pytest", "version": "9", "skip_reason": "unknown"}], None]
)
def test_a_source_that_knows_nothing_decides_nothing(tmp_path, materials, dependencies):
    with pytest.raises(pytest.skip.Exception, match="source of advisories"):
        inspection.advisories(audit(tmp_path, dependencies), materials)
