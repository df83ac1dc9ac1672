"""The connections that the target has while it answers what can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cast import ends_the_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cmdbguard.model import Operation
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.links import Link, LinkWitness


def links_at_work(
    api: Api,
    operations: Sequence[Operation],
    surroundings: Surroundings,
    witness: LinkWitness,
) -> tuple[Link, ...]:
    """Every connection that was open while each reading operation was asked once."""
    with witness.watching() as links:
        for operation in operations:
            if operation.method == "GET" and not ends_the_session(operation):
                api.send(operation, surroundings.values(operation))
    return tuple(links)
