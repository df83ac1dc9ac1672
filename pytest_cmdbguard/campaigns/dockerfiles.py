"""A Dockerfile as a list of instructions and stages, and the rules that hadolint does not have."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.services.inheritance import inherited

from . import baked_secrets
from .confinement import ROOT, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WITHIN_S = 60.0
INSTALL = "pip install 'pytest-cmdbguard[scan]'"
# hadolint's rules that are about security, and the recommendation that each stands for; the
# others are about style and speed of the build. https://github.com/hadolint/hadolint#rules
RULES = {
    "DL3002": "4.1",
    "DL3004": "4.1",
    "DL3006": "4.2",
    "DL3007": "4.2",
    "DL3009": "4.3",
    "DL3020": "4.9",
    "DL3026": "4.2",
}
VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::?[-+]([^}]*))?\}")
HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
# What publishers call images that do not start as root.
ANOTHER_USER = re.compile(r"nonroot|rootless|unprivileged")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction, its continued lines joined; ``line`` is where it begins."""

    line: int
    word: str
    text: str


@dataclasses.dataclass(slots=True, kw_only=True)
class Stage:
    """What stands between two FROM; ``base`` is an image, or the stage that it goes on from."""

    line: int
    name: str
    base: str
    parent: Stage | None
    instructions: list[Instruction] = dataclasses.field(default_factory=list)

    def last(self, word: str) -> Instruction | None:
        """The instruction that holds in the end, also where an earlier stage gave it."""
        own = [one for one in self.instructions if one.word == word]
        if own:
            return own[-1]
        return self.parent.last(word) if self.parent else None

    @property
    def line_of_stages(self) -> list[Stage]:
        """This stage and those that it goes on from: what becomes part of the image."""
        return [self, *(self.parent.line_of_stages if self.parent else [])]

    @property
    def origin(self) -> Stage:
        """The one of these that begins with an image."""
        return self.line_of_stages[-1]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A file that an image is built by; ``arguments`` are those before the first FROM."""

    path: Path
    stages: tuple[Stage, ...]
    arguments: Mapping[str, str]

    @property
    def final(self) -> Stage:
        """The stage that is built where nobody names another."""
        return self.stages[-1]

    def filled(self, text: str, stage: Stage | None = None) -> str:
        """Text with what is known of its variables; what is not known stays as it is."""
        known = dict(self.arguments)
        for part in reversed(stage.line_of_stages if stage else []):
            for one in part.instructions:
                if one.word in {"ARG", "ENV"}:
                    known |= dict(_pairs(one))
        return VARIABLE.sub(lambda v: known.get(v[1] or v[2]) or v[3] or v[0], text)


def read(path: Path) -> Dockerfile:
    """The file. Ends as not verified where it has no stage: it is something else."""
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for one in _instructions(path.read_text(encoding="utf-8", errors="replace").splitlines()):
        if one.word == "FROM":
            stages.append(_stage(one, stages))
        elif stages:
            stages[-1].instructions.append(one)
        elif one.word == "ARG":
            arguments |= dict(_pairs(one))
    if not stages:
        not_verified(f"{path.name} is no Dockerfile: it has no FROM")
    return Dockerfile(path=path, stages=tuple(stages), arguments=arguments)


def _stage(one: Instruction, before: list[Stage]) -> Stage:
    words = [word for word in one.text.split() if not word.startswith("--")]
    parent = next((stage for stage in before if stage.name == words[0].lower()), None)
    name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""
    return Stage(line=one.line, name=name, base=words[0], parent=parent)


def _instructions(lines: list[str]) -> Iterator[Instruction]:
    """Comments and the text of here-documents are left out."""
    rest = iter(enumerate(lines, start=1))
    for number, line in rest:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        while text.endswith("\\"):
            following = next(rest, (0, ""))[1].strip()
            text = text[:-1] + ("\\" if following.startswith("#") else f" {following}")
        word, _, argument = text.partition(" ")
        for end in HEREDOC.findall(argument) if word.upper() in {"RUN", "COPY", "ADD"} else ():
            while next(rest, (0, end))[1].strip() != end:
                pass
        yield Instruction(line=number, word=word.upper(), text=argument.strip())


def _pairs(one: Instruction) -> Iterator[tuple[str, str]]:
    """Names and values of ENV and ARG, also in the old form ``ENV NAME value``."""
    found = baked_secrets.ASSIGNMENT.findall(one.text)
    if not found and one.word == "ENV":
        name, _, value = one.text.partition(" ")
        found = [(name, value.strip())]
    for name, value in found:
        yield name, value.strip("\"'")


def gaps(dockerfile: Dockerfile, *, health_elsewhere: bool) -> Iterator[Gap]:
    """What the final stage does not say, or says too much of.

    ``health_elsewhere`` says that whoever starts the image brings the health check.
    """
    final, name = dockerfile.final, dockerfile.path.name
    user = final.last("USER")
    base = dockerfile.filled(final.origin.base)
    if user is None and base != "scratch" and not ANOTHER_USER.search(base):
        proof = f"{name}: no USER in the last stage, nor in those that it goes on from"
        yield Gap(sink="no USER", proof=proof, cis="4.1")
    elif user is not None and ROOT.fullmatch(dockerfile.filled(user.text, final)):
        yield Gap(sink="USER root", proof=f"{name}:{user.line}: USER {user.text}", cis="4.1")
    check = final.last("HEALTHCHECK")
    if (check is None or check.text.upper() == "NONE") and not health_elsewhere:
        told = f"{name}:{check.line}: HEALTHCHECK NONE" if check else f"{name}: no HEALTHCHECK"
        yield Gap(sink="HEALTHCHECK", proof=told, cis="4.6", severity=Severity.LOW)
    for stage in dockerfile.stages:
        base = dockerfile.filled(stage.base)
        if stage.parent is None and base != "scratch" and "$" not in base and not _pinned(base):
            proof = f"{name}:{stage.line}: FROM {base} is another image whenever it is built"
            yield Gap(sink=f"FROM {base}", proof=proof, cis="4.2")
    yield from _secrets(dockerfile)


def _pinned(image: str) -> bool:
    """Whether a name has a digest, or a tag that does not mean the newest one."""
    tag = image.rpartition("/")[2].partition(":")[2]
    return "@sha256:" in image or tag not in {"", "latest"}


def _secrets(dockerfile: Dockerfile) -> Iterator[Gap]:
    """Of every stage: what an earlier one holds, its builder's cache and pushes hold, too."""
    for stage in dockerfile.stages:
        for one in stage.instructions:
            told = _pairs(one) if one.word in {"ENV", "ARG"} else ()
            pairs = [(n, s) for n, value in told if (s := baked_secrets.secret(n, value))]
            pairs += baked_secrets.in_text(one.text) if one.word == "RUN" else []
            for name, found in pairs:
                where = f"{dockerfile.path.name}:{one.line}: {one.word}"
                proof = f"{where} {name}={baked_secrets.shown(found)}"
                yield Gap(
                    sink=f"{one.word} {name}", proof=proof, cis="4.10", severity=Severity.HIGH
                )


def linted(path: Path) -> Iterator[Gap]:
    """What hadolint's rules about security find. Ends as not verified without hadolint."""
    command = [_hadolint(), "--no-fail", "--format", "json", str(path)]
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=WITHIN_S, env=inherited()
    )
    try:
        remarks = json.loads(finished.stdout)
    except ValueError:
        not_verified(f"hadolint does not read {path.name}: {finished.stderr.strip()[:200]}")
    for one in remarks:
        if cis := RULES.get(one["code"]):
            proof = f"{path.name}:{one['line']}: {one['code']} {one['message']}"
            yield Gap(sink=one["code"], proof=proof, cis=cis)


@functools.cache
def _hadolint() -> str:
    """The one beside this interpreter, else the first on PATH."""
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    return found or shutil.which("hadolint") or not_verified(f"hadolint is not here; {INSTALL}")
