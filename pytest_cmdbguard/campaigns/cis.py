"""Recommendations of the CIS Docker Benchmark: other versions give them other numbers."""

from __future__ import annotations

BENCHMARK = "CIS Docker Benchmark 1.6.0"
# Names as docker-bench-security has them, which follows this version; without "Ensure that".
NAMES = {
    "4.1": "a user for the container has been created",
    "4.2": "containers use only trusted base images",
    "4.3": "unnecessary packages are not installed in the container",
    "4.4": "images are scanned and rebuilt to include security patches",
    "4.6": "HEALTHCHECK instructions have been added to container images",
    "4.9": "COPY is used instead of ADD in Dockerfiles",
    "4.10": "secrets are not stored in Dockerfiles",
    "5.2": "if applicable, an AppArmor Profile is enabled",
    "5.4": "Linux kernel capabilities are restricted within containers",
    "5.5": "privileged containers are not used",
    "5.6": "sensitive host system directories are not mounted on containers",
    "5.10": "the host's network namespace is not shared",
    "5.11": "the memory usage for containers is limited",
    "5.12": "CPU priority is set appropriately on containers",
    "5.13": "the container's root filesystem is mounted as read only",
    "5.16": "the host's process namespace is not shared",
    "5.17": "the host's IPC namespace is not shared",
    "5.18": "host devices are not directly exposed to containers",
    "5.21": "the host's UTS namespace is not shared",
    "5.22": "the default seccomp profile is not Disabled",
    "5.26": "the container is restricted from acquiring additional privileges",
    "5.27": "container health is checked at runtime",
    "5.29": "the PIDs cgroup limit is used",
    "5.31": "the host's user namespaces are not shared",
    "5.32": "the Docker socket is not mounted inside any containers",
}


def cited(number: str) -> str:
    """The recommendation as reports name it."""
    return f"{BENCHMARK}, {number}: {NAMES[number]}"
