"""What the processes of a run know of the services that one of them started."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .postgres import Postgres
from .run_directory import RunDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A deployment that was brought up as a whole.

    ``base_url`` leads through its balancer; ``https`` and ``http`` are that one's own ends
    (``host:port``), empty where there is none. ``containers`` and ``processes`` are those of the
    instances, of which none is known where Docker counts processes otherwise. ``storage`` are the
    directories of this machine that the instances fill, as far as this user may read them.
    """

    base_url: str
    https: str
    http: str
    containers: tuple[str, ...]
    processes: tuple[int, ...]
    storage: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The services of a run, as an xdist controller hands them to its workers.

    ``postgres`` is None and ``redis_url`` empty where a target runs elsewhere and nobody said
    where its data are. ``template`` is the database to clone, empty when the one named
    ``database`` is used itself; ``prefix`` begins the names of clones. ``redis_url`` is that of
    database 0, ``app_redis_url`` the same as the target reaches it. ``zap_state`` is the file
    that says what became of ZAP, None when it is off.
    ``deployed`` is there where the target is one that was brought up as a whole.
    ``details`` are for the header and the report: a word, and what there is to say about it.
    """

    run_directory: Path
    postgres: Postgres | None
    template: str
    database: str
    prefix: str
    redis_url: str
    app_redis_url: str
    document: Path
    zap_state: Path | None
    deployed: Deployed | None = None
    details: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def run(self) -> RunDirectory:
        """The directory of the run, to start more in it."""
        return RunDirectory(self.run_directory)

    def to_json(self) -> dict[str, Any]:
        """Built-in types only."""
        return dataclasses.asdict(self) | {
            "run_directory": str(self.run_directory),
            "document": str(self.document),
            "zap_state": str(self.zap_state) if self.zap_state else None,
            "postgres": self.postgres.to_json() if self.postgres else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Shared:
        """The inverse of :meth:`to_json`."""
        return cls(
            **dict(data)
            | {
                "run_directory": Path(data["run_directory"]),
                "document": Path(data["document"]),
                "zap_state": Path(data["zap_state"]) if data["zap_state"] else None,
                "postgres": Postgres.from_json(data["postgres"]) if data["postgres"] else None,
                "deployed": Deployed(**data["deployed"]) if data["deployed"] else None,
            }
        )
