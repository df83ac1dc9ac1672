"""Secrets that everybody has who has the image: in its environment, its history, its layers.

Names and forms decide, never entropy: a checksum or the fingerprint of a public key is no secret.
What is shown of a secret is its beginning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .confinement import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_cmdbguard.witnesses.layers import Layers

CIS = "4.10"
NAMES = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_KEY(_BASE)?|TOKEN|API_?KEY|ACCESS_KEY"
    r"|PRIVATE_KEY|ENCRYPTION_KEY|CREDENTIALS)$",
    re.IGNORECASE,
)
# References, places, and what a switch is set to.
NO_VALUE = re.compile(r"(\$.*|.*\$\{.*|/.*|<.*>|\*+|true|false|yes|no|none|null|[01])?", re.DOTALL)
URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@'\"]*:([^/\s@'\"]+)@")
ASSIGNMENT = re.compile(r"(?<![\w$-])([A-Za-z_]\w*)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|\"']+)")
# The forms of credentials that their makers document.
FORMS = {
    "a private key": re.compile(
        rb"-----BEGIN (?:(?!ENCRYPTED)[A-Z]+ )?PRIVATE KEY-----(?:\s|\\n)+[A-Za-z0-9+/=]{32}"
    ),
    "an access key of AWS": re.compile(rb"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "a token of GitLab": re.compile(rb"\bglpat-[\w-]{20}"),
    "a token of Slack": re.compile(rb"\bxox[abprs]-[0-9A-Za-z-]{20}"),
}
# By name, and the pattern that makes one of these a secret.
CREDENTIAL_FILES = {
    re.compile(r"(.*/)?(\.env(\.\w+)?|[\w.-]+\.env)"): None,
    re.compile(r"(.*/)?\.netrc"): re.compile(rb"\bpassword\s+(\S+)"),
    re.compile(r"(.*/)?\.git-credentials"): re.compile(rb"://[^:\s]*:([^@\s]+)@"),
    re.compile(r"(.*/)?\.pgpass"): re.compile(rb"^[^#\n]*:([^:\n]+)$", re.MULTILINE),
    re.compile(r"(.*/)?\.docker/config\.json"): re.compile(rb'"auth"\s*:\s*"([^"]+)"'),
}


def secret(name: str, value: str) -> str:
    """The secret that a variable holds, empty where it holds none."""
    if found := URL.search(value):
        return "" if NO_VALUE.fullmatch(found[1]) else found[1]
    return value if NAMES.search(name) and not NO_VALUE.fullmatch(value) else ""


def shown(text: str) -> str:
    """As much of a secret as tells which one it is."""
    return f"{text[:2]}… ({len(text)} characters)"


def in_environment(place: str, pairs: Iterable[tuple[str, str]]) -> Iterator[Gap]:
    """Variables that everybody reads who may inspect the container or its image."""
    for name, value in pairs:
        if found := secret(name, value):
            proof = f"{place}: the environment has {name}={shown(found)}"
            yield Gap(sink=f"environment {name}", proof=proof, cis=CIS)


def in_text(text: str) -> Iterator[tuple[str, str]]:
    """Name and secret of the assignments and URLs in a command or a file of assignments."""
    names = set()
    for name, raw in ASSIGNMENT.findall(text):
        if (found := secret(name, raw.strip("'\""))) and name not in names:
            names.add(name)
            yield name, found
    for found in URL.findall(ASSIGNMENT.sub("", text)):
        if not NO_VALUE.fullmatch(found):
            yield "URL", found


def in_history(
    place: str, steps: Iterable[Mapping[str, object]], known: frozenset[str]
) -> Iterator[Gap]:
    """What the steps of the build still say, as build arguments or in commands.

    ``known`` are the names of variables that are told as part of the environment.
    """
    for number, step in enumerate(steps, start=1):
        for name, found in in_text(str(step.get("CreatedBy", ""))):
            if name not in known:
                proof = f"{place}: step {number} of its history has {name}={shown(found)}"
                yield Gap(sink=f"history {name}", proof=proof, cis=CIS)


def in_layers(place: str, layers: Layers) -> Iterator[Gap]:
    """Files with credentials, also those that a later layer took away."""
    for file in layers.files:
        if what := _credential(file.path, file.content):
            proof = f"{place}: layer {file.layer} of {layers.count} has /{file.path} with {what}"
            gone = layers.deleted.get(file.path, 0)
            if gone > file.layer:
                proof += f", which layer {gone} deletes and everybody can read who has the image"
            made_by = f"; the layer was made by: {file.made_by[:120]}" if file.made_by else ""
            yield Gap(sink=f"layer /{file.path}", proof=proof + made_by, cis=CIS)


def _credential(path: str, content: bytes) -> str:
    """What credential a file holds, in words; empty where none is known."""
    for what, form in FORMS.items():
        if found := form.search(content):
            return f"{what} at byte {found.start()}"
    for name, pattern in CREDENTIAL_FILES.items():
        if not name.fullmatch(path):
            continue
        if pattern is None:
            told = [
                f"{name}={shown(one)}" for name, one in in_text(content.decode("utf-8", "replace"))
            ]
            return ", ".join(told)
        if found := pattern.search(content):
            return f"a password, {shown(found[1].decode('utf-8', 'replace'))}"
    return ""
