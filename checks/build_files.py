"""The files that containers of the target are built and started by, read without Docker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.campaigns import compose_files as composed
from pytest_cmdbguard.campaigns import dockerfile_rules as rules
from pytest_cmdbguard.campaigns import dockerfiles as files

from ._gaps import tell

if TYPE_CHECKING:
    from pathlib import Path


@check(
    id="CG-BUILD-001",
    criterion="container-hardening",
    title="The Dockerfile names a user, a health check and versions, and holds no secret",
    severity=Severity.MEDIUM,
    cwe=1188,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:13.2.2 4.0.3:14.1.3",
    cis="1.6.0:4.1 1.6.0:4.2 1.6.0:4.6 1.6.0:4.9 1.6.0:4.10",
    remedy="End with USER, HEALTHCHECK and a base image with tag or digest; mount secrets.",
)
def the_dockerfile_is_hardened(
    dockerfiles: tuple[Path, ...], build_files: tuple[Path, ...], evidence: Evidence
) -> None:
    """By the rules of hadolint that are about security, and what it has no rule for."""
    brought = composed.bring_health_checks([one for one in build_files if one not in dockerfiles])
    evidence.measure(", ".join(path.name for path in build_files), share=0)
    for path in dockerfiles:
        dockerfile = files.read(path)
        tell(evidence, rules.gaps(dockerfile, health_elsewhere=brought), again=f"hadolint {path}")
        tell(evidence, rules.linted(path), again=f"hadolint {path}")


@check(
    id="CG-BUILD-002",
    criterion="container-hardening",
    title="Every service of the compose file is confined, and none has a secret in clear",
    severity=Severity.MEDIUM,
    cwe=250,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:13.2.2 4.0.3:14.1.3",
    cis="1.6.0:5.4 1.6.0:5.5 1.6.0:5.6 1.6.0:5.11 1.6.0:5.13 1.6.0:5.26 1.6.0:5.29 1.6.0:5.32",
    remedy="Give every service read_only, cap_drop ALL, no-new-privileges, limits, and secrets.",
)
def the_compose_file_is_hardened(compose_files: tuple[Path, ...], evidence: Evidence) -> None:
    """As Docker Compose understands the file; the rules are those of running containers."""
    for path in compose_files:
        evidence.measure(f"{len(composed.services(path))} services of {path.name}", share=0)
        again = f"docker compose --file {path} config --no-interpolate"
        tell(evidence, composed.gaps(path), again=again)
