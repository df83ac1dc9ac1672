"""Looking at the target's code without running it: Bandit, a bill of materials, advisories."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.services.inheritance import inherited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

WITHIN_S = 120.0
INSTALL = "pip install 'pytest-cmdbguard[scan]'"
BY_NAME = frozenset({"importlib.import_module", "import_module", "__import__"})
# What an interpreter has: distributions, whose modules these are, and what it brings itself.
PACKAGES = """
import importlib.metadata as m, json, sys
print(json.dumps({
    "distributions": [
        [d.metadata["Name"], d.version, d.metadata.get("License-Expression") or ""]
        for d in m.distributions() if d.metadata["Name"]
    ],
    "modules": m.packages_distributions(),
    "standard": sorted(sys.stdlib_module_names),
}))
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """A place in the code that Bandit is sure about; ``rule`` is its test id."""

    place: str
    rule: str
    text: str
    code: str


def weaknesses(code: Sequence[Path]) -> list[Weakness]:
    """What Bandit calls severe with high confidence. Ends as not verified without Bandit."""
    options = ["-q", "-r", "-f", "json", "-lll", "-iii"]
    finished = _python(["-m", "bandit", *options, *map(str, code)])
    try:
        found = json.loads(finished.stdout)["results"]
    except (ValueError, KeyError):
        not_verified(f"Bandit does not run here ({_last(finished)}); {INSTALL}")
    return [
        Weakness(
            place=f"{one['filename']}:{one['line_number']}",
            rule=one["test_id"],
            text=one["issue_text"],
            code=" ".join(one["code"].split()),
        )
        for one in found
    ]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What the interpreter of the target has: name, version and licence of distributions."""

    distributions: tuple[tuple[str, str, str], ...]
    modules: Mapping[str, Sequence[str]]
    standard: frozenset[str]

    def bill(self, name: str) -> str:
        """A CycloneDX bill of materials of ``name``."""
        return bill_of(name, (("pypi", *one) for one in self.distributions))


def bill_of(name: str, components: Iterable[tuple[str, str, str, str]]) -> str:
    """A CycloneDX 1.6 bill of materials, as JSON.

    ``components`` have a kind, as package URLs name it, a name, a version and a licence or none.
    """
    from cyclonedx.model.bom import Bom  # noqa: PLC0415 - comes with the extra "scan"
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.model.license import DisjunctiveLicense  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    root = Component(name=name, type=ComponentType.APPLICATION)
    bill = Bom()
    bill.metadata.component = root
    for kind, one, version, licence in sorted(set(components)):
        namespace = "debian" if kind == "deb" else None
        component = Component(
            name=one,
            version=version,
            purl=PackageURL(kind, namespace, name=one.lower(), version=version),
            licenses=[DisjunctiveLicense(name=licence)] if licence else [],
        )
        bill.components.add(component)
    bill.register_dependency(root, bill.components)
    return str(JsonV1Dot6(bill).output_as_string(indent=1))


def materials(python: Path) -> Materials:
    """What an interpreter has. Ends as not verified when it does not say."""
    finished = _python(["-c", PACKAGES], program=python)
    try:
        told: dict[str, Any] = json.loads(finished.stdout)
    except ValueError:
        not_verified(f"{python} does not tell what it has ({_last(finished)})")
    return Materials(
        distributions=tuple(
            (name, version, text) for name, version, text in told["distributions"]
        ),
        modules=told["modules"],
        standard=frozenset(told["standard"]),
    )


def unnamed(code: Sequence[Path], materials: Materials) -> Iterator[tuple[str, str]]:
    """Modules that the code imports and no distribution brings, with the place of the import.

    An import that may fail (in a ``try`` for ImportError) is optional and does not count.
    """
    own = {path.stem for path in code} | {path.parent.name for path in code}
    known = {*materials.modules, *materials.standard, *own}
    seen: set[str] = set()
    for path, module, line in _imports(code):
        if module not in known and module not in seen:
            seen.add(module)
            yield module, f"{path}:{line}"


def advisories(source: Path | None, materials: Materials) -> list[str]:
    """One line per known advisory about a distribution.

    Args:
        source: what ``pip-audit -f json`` wrote elsewhere; None asks pip-audit's own source now.
        materials: what is asked about.
    Ends as not verified where no source answers.
    """
    text = source.read_text(encoding="utf-8") if source else _audited(materials)
    try:
        audited = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (text.strip().splitlines() or ["it said nothing"])[-1]
        not_verified(f"no source of advisories answers: {last[:200]}")
    if not any("vulns" in one for one in audited or ()):
        not_verified("the source of advisories knows none of the components")
    here = {(name.lower(), version) for name, version, _ in materials.distributions}
    return [
        f"{one['name']} {one['version']}: {vuln['id']}, fixed in {', '.join(vuln['fix_versions'])}"
        for one in audited
        for vuln in one.get("vulns", ())
        if (one["name"].lower(), one["version"]) in here
    ]


def _audited(materials: Materials) -> str:
    lines = sorted({f"{name}=={version}\n" for name, version, _ in materials.distributions})
    with tempfile.TemporaryDirectory(prefix="cmdbguard-") as folder:
        path = Path(folder, "requirements.txt")
        path.write_text("".join(lines))
        options = ["--progress-spinner", "off", "-f", "json", "--no-deps", "--disable-pip"]
        finished = _python(["-m", "pip_audit", "-r", str(path), *options])
    return finished.stdout or finished.stderr


def _imports(code: Sequence[Path]) -> Iterator[tuple[Path, str, int]]:
    for part in code:
        for path in [part] if part.is_file() else sorted(part.rglob("*.py")):
            if path.suffix == ".py":
                tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
                yield from ((path, module, line) for module, line in _of(tree))


def _of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The top-level names that a module imports from elsewhere, and the lines."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0], node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_NAME:
            yield from _named(node)
            yield from _of(node)
        elif not (isinstance(node, ast.Try) and _expects_import_errors(node)):
            yield from _of(node)


def _named(call: ast.Call) -> Iterator[tuple[str, int]]:
    name = call.args[0] if call.args else None
    if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value[:1] != ".":
        yield name.value.partition(".")[0], call.lineno


def _expects_import_errors(node: ast.Try) -> bool:
    texts = [ast.unparse(one.type) if one.type else "" for one in node.handlers]
    return any(not text or "ImportError" in text or "ModuleNotFound" in text for text in texts)


def _python(
    words: list[str], program: Path | str = sys.executable
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
        env=inherited(),
    )


def _last(finished: subprocess.CompletedProcess[str]) -> str:
    words = (finished.stderr or finished.stdout).strip().splitlines()
    return words[-1][:200] if words else f"status {finished.returncode}"
