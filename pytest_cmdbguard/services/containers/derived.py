"""Images made from another one for a trial, with a few lines more or as if built long ago."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import secrets
import tarfile
from typing import TYPE_CHECKING, Any

from . import daemon

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import docker

    from .options import Options

NAME = "the image of a trial"


@contextlib.contextmanager
def image(wanted: Mapping[str, Any], options: Options) -> Iterator[str]:
    """The name of an image made from ``options.cmdb``, which goes with the block.

    ``wanted`` may have ``image``, further lines of a Dockerfile, or ``age_days``; without them it
    is the image itself. Raises: ServiceMissing, ServiceError.
    """
    import docker  # noqa: PLC0415 - an extra

    if not {"image", "age_days"} & wanted.keys():
        yield options.cmdb
        return
    tag = f"cmdbguard-trial-{secrets.token_hex(6)}:1"
    with contextlib.closing(daemon.connect(options.timeout_s)) as client, daemon.told(NAME):
        daemon.obtain(client, options.cmdb, service=NAME, options=options)
        try:
            if "image" in wanted:
                text = f"FROM {options.cmdb}\n{wanted['image']}\n"
                # of a step that was kept, another trial may just be removing the image
                file = io.BytesIO(text.encode())
                client.images.build(fileobj=file, tag=tag, forcerm=True, nocache=True)
            else:
                _load_aged(client, options.cmdb, tag=tag, days=wanted["age_days"])
            yield tag
        finally:
            with contextlib.suppress(docker.errors.ImageNotFound):
                client.images.remove(tag, force=True)


def filled(run: Mapping[str, Any]) -> dict[str, Any]:
    """Options with the place of Docker's own socket where they say ``{docker}``."""
    socket = daemon.socket_path()
    volumes = [str(one).replace("{docker}", socket) for one in run.get("volumes", ())]
    return {**run, "volumes": volumes} if volumes else dict(run)


def _load_aged(client: docker.DockerClient, name: str, *, tag: str, days: float) -> None:
    """The same layers under a configuration that says another time; they are here already."""
    told = client.images.get(name).attrs
    created = (dt.datetime.now(tz=dt.UTC) - dt.timedelta(days=days)).isoformat()
    layers = told["RootFS"]["Layers"]
    configuration = {
        "architecture": told["Architecture"],
        "os": told["Os"],
        "created": created,
        "config": told["Config"],
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": [{"created": created, "created_by": "an earlier build"} for _ in layers],
    }
    content = json.dumps(configuration).encode()
    place = f"{hashlib.sha256(content).hexdigest()}.json"
    manifest = [{"Config": place, "RepoTags": [tag], "Layers": [f"{one}.tar" for one in layers]}]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in ((place, content), ("manifest.json", json.dumps(manifest).encode())):
            entry = tarfile.TarInfo(path)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    client.images.load(buffer.getvalue())
