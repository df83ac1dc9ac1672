"""A testcontainers container that gets whole tar archives before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from testcontainers.core.container import DockerContainer

if TYPE_CHECKING:
    from testcontainers.core.transferable import Transferable


class UnpackingContainer(DockerContainer):
    """A path stands for a tar archive: it is unpacked as it is, owners included.

    ``with_copy_into_container`` makes everything root's, which PostgreSQL refuses.
    """

    def _transfer_into_container(
        self, transferable: Transferable, destination_in_container: str, mode: int
    ) -> None:
        if not isinstance(transferable, Path):
            super()._transfer_into_container(transferable, destination_in_container, mode)
            return
        with transferable.open("rb") as archive:
            self.get_wrapped_container().put_archive(destination_in_container, archive)
