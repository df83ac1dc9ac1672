"""A Dockerfile as a list of stages and instructions."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.evidence import not_verified

from . import baked_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::?[-+]([^}]*))?\}")
HEREDOC_WORDS = frozenset({"RUN", "COPY", "ADD"})
# As BuildKit takes it for one: a word of its own, and no here-string (<<<).
HEREDOC = re.compile(r"(?:^|\s)\d*<<-?([\"']?)([A-Za-z_]\w*)\1(?=\s|$)")


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
                    known |= dict(pairs(one))
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
            arguments |= dict(pairs(one))
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
        for _, end in HEREDOC.findall(argument) if word.upper() in HEREDOC_WORDS else ():
            if end in map(str.strip, lines[number:]):
                while next(rest, (0, end))[1].strip() != end:
                    pass
        yield Instruction(line=number, word=word.upper(), text=argument.strip())


def pairs(one: Instruction) -> Iterator[tuple[str, str]]:
    """Names and values of ENV and ARG, also in the old form ``ENV NAME value``."""
    found = baked_secrets.ASSIGNMENT.findall(one.text)
    if not found and one.word == "ENV":
        name, _, value = one.text.partition(" ")
        found = [(name, value.strip())]
    for name, value in found:
        yield name, value.strip("\"'")
