"""The container of the target while it runs: its confinement, its health, its image."""

from __future__ import annotations

import functools
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.witnesses import layers

from . import baked_secrets, confinement
from .confinement import Confinement, Gap, Mount, capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.witnesses.container import ContainerWitness
    from pytest_cmdbguard.witnesses.layers import Layers

# How `docker inspect` calls what the rules are about.
NAMES = {
    "user": "Config.User",
    "privileged": "HostConfig.Privileged",
    "read_only": "HostConfig.ReadonlyRootfs",
    "dropped": "HostConfig.CapDrop",
    "added": "HostConfig.CapAdd",
    "options": "HostConfig.SecurityOpt",
    "memory": "HostConfig.Memory",
    "pids": "HostConfig.PidsLimit",
    "cpus": "HostConfig.NanoCpus",
    "mounts": "Mounts",
    "devices": "HostConfig.Devices",
    "network": "HostConfig.NetworkMode",
    "pid": "HostConfig.PidMode",
    "ipc": "HostConfig.IpcMode",
    "uts": "HostConfig.UTSMode",
    "userns": "HostConfig.UsernsMode",
}
HEALTHY_WITHIN_S = 45.0
# What an attacker would use who got in; many images cannot do without.
TOOLS = ("sh", "bash", "apt", "apk", "dnf", "pip", "curl", "wget")

KNOWN: dict[str, Layers] = {}  # the last image of this process, which never changes under its id


class RunningContainer:
    """What the checks of the running container ask for."""

    def __init__(self, witness: ContainerWitness) -> None:
        self._witness = witness

    def shell(self, format_: str) -> str:
        """The line that asks Docker for a fact again, while the container runs."""
        return f"docker inspect --format '{format_}' {self._witness.name}"

    @property
    def history_shell(self) -> str:
        """The line that shows how the image was made."""
        image = self._witness.attributes["Config"]["Image"]
        return f"docker history --no-trunc {image}"

    @functools.cached_property
    def confinement(self) -> Confinement:
        """How Docker runs it."""
        host: dict[str, Any] = self._witness.attributes["HostConfig"]
        mounts = tuple(
            Mount(source=one.get("Source", ""), place=one["Destination"], writable=one["RW"])
            for one in self._witness.attributes["Mounts"]
            if one["Type"] == "bind" and one["Destination"] not in self._witness.own_places
        )
        shared = {name: host.get(NAMES[name].split(".")[1]) for name in confinement.NAMESPACES}
        quota, period = host.get("CpuQuota") or 0, host.get("CpuPeriod") or 100_000
        return Confinement(
            place=self._witness.place,
            names=NAMES,
            user=self._witness.attributes["Config"].get("User") or "",
            privileged=bool(host["Privileged"]),
            read_only=bool(host["ReadonlyRootfs"]),
            dropped=capabilities(host.get("CapDrop")),
            added=capabilities(host.get("CapAdd")),
            options=tuple(host.get("SecurityOpt") or ()),
            memory=host.get("Memory") or 0,
            pids=host.get("PidsLimit") or 0,
            cpus=(host.get("NanoCpus") or 0) / 10**9 or quota / period or host.get("CpuShares", 0),
            mounts=mounts,
            devices=tuple(one["PathOnHost"] for one in host.get("Devices") or ()),
            shared={name: owner for name, owner in shared.items() if owner},
        )

    def root(self) -> Iterator[Gap]:
        """Processes of root: the kernel's word where it can be had, else the options'."""
        statuses = self._witness.statuses()
        for status in statuses:
            if "0" in status["Uid"].split():
                proof = f"/proc/{status['Pid']}/status of {status['Name']}: Uid is {status['Uid']}"
                told = f"{self._witness.place}: Config.User is {self.confinement.user!r}"
                yield Gap(sink="user", proof=f"{told}; {proof}", cis="4.1")
                return
        if statuses:
            return
        gaps = list(confinement.root(self.confinement))
        yield from gaps
        if not gaps and not self.confinement.user[:1].isdigit():
            name = self.confinement.user
            not_verified(f"what number user {name!r} has is not known: its processes are not seen")

    def privileges(self) -> Iterator[Gap]:
        """What Docker was told, and what the kernel makes of it."""
        gaps = list(confinement.privileges(self.confinement))
        yield from gaps
        for status in self._witness.statuses() if not gaps else ():
            for name, cis in (("NoNewPrivs", "5.26"), ("Seccomp", "5.22")):
                if status.get(name) == "0":
                    proof = f"/proc/{status['Pid']}/status of {status['Name']}: {name} is 0"
                    yield Gap(sink=f"kernel {name}", proof=proof, cis=cis)
                    return

    def secrets(self) -> Iterator[Gap]:
        """In its environment, and in the history and layers of its image."""
        pairs = self._witness.environment
        yield from baked_secrets.in_environment(self._witness.place, pairs)
        known = frozenset(name for name, _ in pairs)
        image = f"image {self._witness.image.short_id}"
        yield from baked_secrets.in_history(image, self._witness.history(), known)
        yield from baked_secrets.in_layers(image, self.layers)

    def health(self) -> Iterator[Gap]:
        """Whether Docker can tell that it works, and what it tells."""
        status, last = self._witness.health(within_s=HEALTHY_WITHIN_S)
        if status == "none":
            proof = f"{self._witness.place}: Config.Healthcheck is empty or NONE"
            yield Gap(sink="health check", proof=proof, cis="4.6")
        elif status == "unhealthy":
            proof = (
                f"{self._witness.place}: State.Health is unhealthy while it answers: {last[-200:]}"
            )
            yield Gap(sink="health", proof=proof, cis="5.27")
        elif status != "healthy":
            not_verified(f"its health check gave no answer within {HEALTHY_WITHIN_S:.0f} s")

    def image(self, threshold: Mapping[str, float | str]) -> Iterator[Gap]:
        """Its age and size against the limits of the criterion."""
        limit_days, limit_bytes = float(threshold["age_days"]), float(threshold["size_bytes"])
        image = f"image {self._witness.image.short_id}"
        created, size = (self._witness.image.attrs[name] for name in ("Created", "Size"))
        if (days := self._witness.age_days()) > limit_days:
            proof = (
                f"{image}: Created is {created}, {days:.0f} days ago; the limit is {limit_days:g}"
            )
            yield Gap(sink="age", proof=proof, cis="4.4")
        if size > limit_bytes:
            proof = f"{image}: Size is {size:,} bytes; the limit is {limit_bytes:,.0f}"
            yield Gap(sink="size", proof=proof, cis="4.3")

    def share_of(self, threshold: Mapping[str, float | str]) -> float:
        """How much of the limit that is nearest its image takes."""
        days, size = self._witness.age_days(), self._witness.image.attrs["Size"]
        limit_days, limit_bytes = float(threshold["age_days"]), float(threshold["size_bytes"])
        return max(days / limit_days, float(size) / limit_bytes)

    @property
    def advice(self) -> str:
        """Age, size and tools of the image in a few words."""
        names = {path.rpartition("/")[2] for path in self.layers.paths if "bin/" in path}
        tools = [tool for tool in TOOLS if tool in names]
        has = f"it has {', '.join(tools)}" if tools else "no shell and no package manager"
        days, size = self._witness.age_days(), self._witness.image.attrs["Size"]
        return f"{size / 1e6:,.0f} MB, {days:.0f} days old, {self.layers.count} layers; {has}"

    @property
    def layers(self) -> Layers:
        """The files of its image; Docker takes its time to hand it out, so it is asked once."""
        image = str(self._witness.image.id)
        if image not in KNOWN:
            with tempfile.TemporaryDirectory(prefix="cmdbguard-") as folder:
                path = Path(folder, "image.tar")
                self._witness.save_image(path)
                KNOWN.clear()
                try:
                    KNOWN[image] = layers.read(path)
                except (tarfile.TarError, OSError) as error:
                    not_verified(f"the layers of its image cannot be read: {error}")
        return KNOWN[image]
