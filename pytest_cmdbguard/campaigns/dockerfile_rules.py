"""What a Dockerfile should say: by hadolint, and by rules that hadolint does not have."""

from __future__ import annotations

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

from . import baked_secrets, dockerfiles
from .confinement import ROOT, Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .dockerfiles import Dockerfile

WITHIN_S = 60.0
INSTALL = "pip install 'pytest-cmdbguard[scan]'"
# hadolint's rules that are about security, and the recommendation that each stands for. Others
# are about style and the speed of builds; users and versions are judged below, stage by stage.
RULES = {"DL3004": "4.1", "DL3020": "4.9", "DL3026": "4.2"}
# What publishers call images that do not start as root.
ANOTHER_USER = re.compile(r"nonroot|rootless|unprivileged")


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
            told = dockerfiles.pairs(one) if one.word in {"ENV", "ARG"} else ()
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
