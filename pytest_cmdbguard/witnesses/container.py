"""What Docker and the kernel say of one running container: options, image, processes, health."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    import docker

POLL_S = 0.25


class ContainerWitness:
    """A container by its name.

    ``own_places`` are mount points and ``own_variables`` parts of its environment that the run
    itself put there, to look inside: they say nothing about the target.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        name: str,
        *,
        process: int | None,
        own_places: frozenset[str] = frozenset(),
        own_variables: frozenset[str] = frozenset(),
    ) -> None:
        """``process`` is its first as this machine counts, None where that is not known."""
        self._client, self._container = client, client.containers.get(name)
        self.name, self.process = name, process
        self.own_places, self._own_variables = own_places, own_variables
        self.image = client.images.get(self.attributes["Image"])

    @property
    def attributes(self) -> dict[str, Any]:
        """What ``docker inspect`` says."""
        return self._container.attrs

    @property
    def place(self) -> str:
        """How messages call it."""
        return f"docker inspect {self.name}"

    @property
    def environment(self) -> list[tuple[str, str]]:
        """Its variables without those of the run; the image's are among them."""
        told = self.attributes["Config"].get("Env") or []
        pairs = (line.partition("=") for line in told)
        return [(name, value) for name, _, value in pairs if name not in self._own_variables]

    def statuses(self) -> list[dict[str, str]]:
        """What the kernel says of each of its processes (``/proc/PID/status``).

        Empty where Docker counts processes otherwise than this machine.
        """
        if self.process is None:
            return []
        first = psutil.Process(self.process)
        found = []
        for process in [first, *first.children(recursive=True)]:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            except OSError:  # it ended meanwhile
                continue
            found.append(
                {name: text.strip() for name, _, text in (s.partition(":") for s in lines)}
            )
        return found

    def history(self) -> list[dict[str, Any]]:
        """How the image was made, the first step first."""
        return list(reversed(self.image.history()))

    def age_days(self) -> float:
        """How long ago the image was built."""
        told = re.sub(r"(\.\d{6})\d+", r"\1", self.image.attrs["Created"])
        built = dt.datetime.fromisoformat(told)
        return (dt.datetime.now(tz=dt.UTC) - built) / dt.timedelta(days=1)

    def health(self, *, within_s: float) -> tuple[str, str]:
        """``none``, ``healthy``, ``unhealthy`` or ``starting``, and what the last probe said.

        Waits ``within_s`` seconds at most for the first answer.
        """
        test = (self.attributes["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
        if test == ["NONE"]:
            return "none", ""
        deadline = time.monotonic() + within_s
        while True:
            self._container.reload()
            told = self.attributes["State"].get("Health") or {"Status": "starting"}
            if told["Status"] != "starting" or time.monotonic() > deadline:
                last = (told.get("Log") or [{}])[-1]
                return str(told["Status"]), str(last.get("Output", "")).strip()
            time.sleep(POLL_S)

    def save_image(self, path: Path) -> None:
        """Write the image with all its layers, as ``docker save`` does."""
        with path.open("wb") as file:
            for chunk in self.image.save():
                file.write(chunk)
