"""A target's own commands, each in a container of its image that ends with it."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.started import MARKER

from . import daemon, mounts
from .container import BRIDGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .options import Options

CONFINED = ("cap_drop", "cap_add", "security_opt", "read_only", "tmpfs", "pids_limit", "mem_limit")


def run(
    image: str,
    argv: Sequence[str],
    *,
    environment: Mapping[str, str],
    options: Options,
    program: bool = False,
) -> str:
    """What the command printed; ``argv`` follows the image's entrypoint, or is a ``program``.

    It is on the network of the run whose mark ``environment`` has, and on none without it.
    Raises: ServiceMissing, ServiceError with its last words.
    """
    directory = environment.get(MARKER)
    owner = RunDirectory(Path(directory)) if directory else None
    confined = {name: value for name, value in options.run.arguments.items() if name in CONFINED}
    with contextlib.closing(daemon.connect(options.timeout_s)) as client:
        daemon.obtain(client, image, service=image, options=options)
        with daemon.told(image):
            container = client.containers.create(
                image,
                command=list(argv[1:] if program else argv),
                entrypoint=argv[0] if program else None,
                name=f"cmdbguard-{owner.id if owner else 'none'}-{secrets.token_hex(4)}",
                environment={**options.run.environment, **environment},
                **confined,
                network=BRIDGE.format(owner.id) if owner else "none",
                labels=daemon.labels(owner),
                platform=options.platform,
                volumes=_volumes(owner) if owner else {},
            )
            try:
                container.start()
                code = container.wait(timeout=None)["StatusCode"]
                printed, said = container.logs(stderr=False), container.logs(stdout=False)
            finally:
                container.remove(force=True, v=True)
    if code:
        words = said.decode("utf-8", "replace").strip() or "it said nothing"
        last = "\n".join(words.splitlines()[-3:])
        raise ServiceError(image, f"`{argv[0]}` in the container ended with {code}: {last}")
    return str(printed.decode("utf-8", "replace"))


def _volumes(owner: RunDirectory) -> dict[str, dict[str, str]]:
    shared = {**mounts.authorities(owner), **mounts.writable(owner.temporary)}
    return {str(path): {"bind": at, "mode": mode} for path, (at, mode) in shared.items()}


def image_id(image: str, options: Options) -> str:
    """What the image is, whatever it is called. Raises: ServiceMissing, ServiceError."""
    with contextlib.closing(daemon.connect(options.timeout_s)) as client:
        return daemon.obtain(client, image, service=image, options=options)
