"""What a container may do, as ``docker inspect`` or a compose file says it, and what it need not.

The rules are recommendations of the CIS Docker Benchmark 1.6.0, whose ids the gaps carry.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.model import Severity

from .cis import cited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What Docker gives to a container that was told nothing; a program may need one of them.
USUAL = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
SOCKET = re.compile(r"(docker|containerd|podman|crio)\.sock$")
# CIS 5.6 names these; below /etc and /usr single files such as the time zone do no harm to read.
SENSITIVE = ("/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/var/lib/docker")
NAMESPACES = {"network": "5.10", "pid": "5.16", "ipc": "5.17", "uts": "5.21", "userns": "5.31"}
ROOT = re.compile(r"(root|0+)?(:.*)?")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A file or directory of the machine (``source``) that is seen at ``place`` inside."""

    source: str
    place: str
    writable: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """How one container runs, as ``place`` says it, which calls things as ``names`` has them.

    ``memory`` is in bytes, ``memory``, ``pids`` and ``cpus`` are 0 where there is no limit.
    ``shared`` maps a namespace to whose it is, where that is not the container's own.
    """

    place: str
    names: Mapping[str, str]
    user: str = ""
    privileged: bool = False
    read_only: bool = False
    dropped: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    memory: int = 0
    pids: int = 0
    cpus: float = 0.0
    mounts: tuple[Mount, ...] = ()
    devices: tuple[str, ...] = ()
    shared: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def says(self, name: str, value: object) -> str:
        """One fact in the words of where it stands."""
        return f"{self.place}: {self.names[name]} is {value}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that a rule forbids: the fact, and the id of the recommendation.

    ``sink`` tells it from others of the same check, without anything that changes from run to run.
    """

    sink: str
    proof: str
    cis: str
    severity: Severity | None = None

    @property
    def told(self) -> str:
        """The proof with the rule."""
        return f"{self.proof} ({cited(self.cis)})"


def capabilities(names: object) -> frozenset[str]:
    """Names of capabilities as the kernel's manual has them, without ``CAP_``."""
    listed = names if isinstance(names, list) else []
    return frozenset(str(name).upper().removeprefix("CAP_") for name in listed)


def root(found: Confinement) -> Iterator[Gap]:
    """Who it runs as, as far as its options say."""
    if ROOT.fullmatch(found.user):
        value = repr(found.user) if found.user else "empty, which is root"
        yield Gap(sink="user", proof=found.says("user", value), cis="4.1")


def privileges(found: Confinement) -> Iterator[Gap]:
    """What its processes may do that others may not."""
    if found.privileged:
        proof = found.says("privileged", "true")
        yield Gap(sink="privileged", proof=proof, cis="5.5", severity=Severity.CRITICAL)
        return
    if "ALL" not in found.dropped and (kept := sorted(USUAL - found.dropped)):
        proof = found.says("dropped", sorted(found.dropped) or "empty")
        proof += f", so it keeps {', '.join(kept)}"
        yield Gap(sink="capabilities", proof=proof, cis="5.4", severity=Severity.MEDIUM)
    if unusual := sorted(found.added - USUAL):
        yield Gap(sink="capability", proof=found.says("added", unusual), cis="5.4")
    if not any(re.fullmatch(r"no-new-privileges([:=]true)?", one) for one in found.options):
        proof = found.says("options", list(found.options) or "empty") + ": no no-new-privileges"
        yield Gap(sink="new privileges", proof=proof, cis="5.26", severity=Severity.MEDIUM)
    for one in found.options:
        if re.fullmatch(r"(seccomp|apparmor)[:=]unconfined", one):
            cis = "5.22" if one.startswith("seccomp") else "5.2"
            yield Gap(sink=re.split("[:=]", one)[0], proof=found.says("options", one), cis=cis)


def reach(found: Confinement) -> Iterator[Gap]:
    """What of the machine it can get at."""
    for mount in found.mounts:
        where = f"{mount.source} at {mount.place}"
        if SOCKET.search(mount.source) or SOCKET.search(mount.place):
            proof = found.says("mounts", where) + ": who asks it starts containers as root"
            yield Gap(sink="docker socket", proof=proof, cis="5.32", severity=Severity.CRITICAL)
        elif _is_sensitive(mount):
            yield Gap(sink=f"mount {mount.source}", proof=found.says("mounts", where), cis="5.6")
    for namespace, owner in found.shared.items():
        if owner == "host":
            proof = found.says(namespace, "host")
            yield Gap(sink=f"{namespace} namespace", proof=proof, cis=NAMESPACES[namespace])
    for device in found.devices:
        yield Gap(sink=f"device {device}", proof=found.says("devices", device), cis="5.18")


def _is_sensitive(mount: Mount) -> bool:
    """The machine's own directories; of files in them only those that could be changed."""
    source = mount.source.rstrip("/") or "/"
    if source in {"/", *SENSITIVE}:
        return True
    inside = source.startswith(tuple(f"{one}/" for one in SENSITIVE))
    return inside and mount.writable


def root_file_system(found: Confinement) -> Iterator[Gap]:
    """Whether what came with the image can be changed."""
    if not found.read_only:
        proof = found.says("read_only", "false")
        yield Gap(sink="root file system", proof=proof, cis="5.13")


def limits(found: Confinement) -> Iterator[Gap]:
    """What it can take from its neighbours."""
    for name, value, cis in (
        ("memory", found.memory, "5.11"),
        ("pids", found.pids, "5.29"),
        ("cpus", found.cpus, "5.12"),
    ):
        if value <= 0:
            low = Severity.LOW if name == "cpus" else None
            proof = found.says(name, "0: no limit")
            yield Gap(sink=f"{name} limit", proof=proof, cis=cis, severity=low)
