"""The container in which the target runs: what it may do and reach, what is in its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.campaigns import confinement

from ._gaps import tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cmdbguard.campaigns.running_container import RunningContainer


@check(
    id="CG-CONT-001",
    criterion="container-hardening",
    title="No process of the container is root",
    severity=Severity.MEDIUM,
    cwe=250,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:13.2.2 4.0.3:14.1.3",
    cis="1.6.0:4.1",
    remedy="Let the image end with USER and a number other than 0, and do not overrule it.",
)
def nobody_is_root(running_container: RunningContainer, evidence: Evidence) -> None:
    """The kernel says whose the processes are."""
    tell(evidence, running_container.root(), again=running_container.shell("{{.Config.User}}"))


@check(
    id="CG-CONT-002",
    criterion="container-hardening",
    title="The container has no privileges, and gets none",
    severity=Severity.HIGH,
    cwe=250,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:13.2.2 4.0.3:14.1.3",
    cis="1.6.0:5.4 1.6.0:5.5 1.6.0:5.22 1.6.0:5.26",
    remedy="Drop ALL capabilities, add back what is needed, and set no-new-privileges.",
)
def no_privileges_are_held(running_container: RunningContainer, evidence: Evidence) -> None:
    """Capabilities, no-new-privileges, seccomp: as Docker was told, and as the kernel holds it."""
    again = running_container.shell("{{json .HostConfig}}")
    tell(evidence, running_container.privileges(), again=again)


@check(
    id="CG-CONT-003",
    criterion="container-hardening",
    title="The container reaches nothing of the machine that runs it",
    severity=Severity.HIGH,
    cwe=668,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:13.2.2 4.0.3:14.1.3",
    cis="1.6.0:5.6 1.6.0:5.10 1.6.0:5.16 1.6.0:5.17 1.6.0:5.18 1.6.0:5.32",
    remedy="Mount volumes instead of directories of the machine, and never its Docker socket.",
)
def nothing_of_the_machine_is_reached(
    running_container: RunningContainer, evidence: Evidence
) -> None:
    """Mounts, devices, namespaces; what the run mounts to look inside does not count."""
    again = running_container.shell("{{json .Mounts}} {{json .HostConfig}}")
    tell(evidence, confinement.reach(running_container.confinement), again=again)


@check(
    id="CG-CONT-004",
    criterion="container-hardening",
    title="The root file system of the container is read-only",
    severity=Severity.LOW,
    cwe=732,
    owasp="A05:2021 A02:2025 API8:2023",
    cis="1.6.0:5.13",
    remedy="Run it read-only, with a tmpfs or a volume where it has to write.",
)
def the_root_file_system_is_read_only(
    running_container: RunningContainer, evidence: Evidence
) -> None:
    """It works all the same: everything else of this run was asked of it."""
    again = running_container.shell("{{.HostConfig.ReadonlyRootfs}}")
    tell(evidence, confinement.root_file_system(running_container.confinement), again=again)


@check(
    id="CG-CONT-005",
    criterion="container-hardening",
    title="Memory, processes and CPU time of the container are limited",
    severity=Severity.MEDIUM,
    cwe=770,
    owasp="A05:2021 A02:2025 API4:2023",
    cis="1.6.0:5.11 1.6.0:5.12 1.6.0:5.29",
    remedy="Set limits for memory, process ids and CPUs.",
)
def resources_are_limited(running_container: RunningContainer, evidence: Evidence) -> None:
    """What one container takes, others do not have."""
    again = running_container.shell("{{json .HostConfig}}")
    tell(evidence, confinement.limits(running_container.confinement), again=again)


@check(
    id="CG-CONT-006",
    criterion="container-hardening",
    title="No secret is in the environment, or in the history and layers of the image",
    severity=Severity.HIGH,
    cwe=522,
    owasp="A05:2021 A02:2025 API8:2023",
    asvs="5.0:13.3.1 4.0.3:6.4.1",
    cis="1.6.0:4.10",
    remedy="Change the secret, hand it over as a file at run time, and build the image anew.",
)
def no_secret_is_baked_in(running_container: RunningContainer, evidence: Evidence) -> None:
    """Also what a later layer deleted; what the run itself handed over does not count."""
    layers = running_container.layers
    evidence.measure(f"{len(layers.files):,} files in {layers.count} layers read", share=0)
    tell(evidence, running_container.secrets(), again=running_container.history_shell)


@check(
    id="CG-CONT-007",
    criterion="container-hardening",
    title="The container says whether it is healthy",
    severity=Severity.LOW,
    owasp="A05:2021 A02:2025 API8:2023",
    cis="1.6.0:4.6 1.6.0:5.27",
    remedy="Give the image a HEALTHCHECK that asks the service, and let it pass.",
)
def health_is_told(running_container: RunningContainer, evidence: Evidence) -> None:
    """Waits for the first answer of the health check."""
    again = running_container.shell("{{json .State.Health}}")
    tell(evidence, running_container.health(), again=again)


@check(
    id="CG-CONT-008",
    criterion="container-hardening",
    title="The image is recent and no larger than need be",
    severity=Severity.LOW,
    cwe=1104,
    owasp="A06:2021 A03:2025 API8:2023",
    asvs="5.0:15.1.2 4.0.3:14.2.5",
    cis="1.6.0:4.3 1.6.0:4.4",
    remedy="Build it again on a current base, in stages that leave the tools of the build behind.",
)
def the_image_is_recent_and_small(
    running_container: RunningContainer,
    image_components: tuple[tuple[str, str, str, str], ...],
    threshold: Mapping[str, float | str],
    evidence: Evidence,
) -> None:
    """Limits are those of the criterion; says what else is in it, as a bill of materials."""
    named = f"{len(image_components)} components in sbom-image.cdx.json"
    share = running_container.share_of(threshold)
    evidence.measure(f"{running_container.advice}; {named}", share=share)
    again = running_container.history_shell
    tell(evidence, running_container.image(threshold), again=again)
