"""What the service's own log and PostgreSQL's say together, from a moment on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.witnesses.logs import START

if TYPE_CHECKING:
    from pytest_cmdbguard.witnesses.complaints import ComplaintWitness
    from pytest_cmdbguard.witnesses.logs import LogMark, LogWitness
    from pytest_cmdbguard.witnesses.logtail import Mark
    from pytest_cmdbguard.witnesses.sql import SqlWitness


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What insiders saw.

    ``log`` is the service's own, ``statements`` the SQL texts and ``complaints`` the messages
    and details that PostgreSQL logged about them.
    """

    log: str
    statements: tuple[str, ...]
    complaints: tuple[str, ...]


class Insiders:
    """Reads the logs that there are; what is not known stays empty."""

    def __init__(
        self,
        log: LogWitness | None,
        sql: SqlWitness | None,
        complaints: ComplaintWitness | None,
    ) -> None:
        self._log, self._sql, self._complaints = log, sql, complaints
        self._marks: tuple[LogMark, Mark | None] = (START, None)

    def forget(self) -> None:
        """What was written so far does not count."""
        self._marks = (
            self._log.mark() if self._log else START,
            self._sql.mark() if self._sql else None,
        )

    def saw(self) -> Inside:
        """What was written since."""
        own, database = self._marks
        statements = self._sql.since(database) if self._sql and database else []
        complaints = self._complaints.since(database) if self._complaints and database else []
        return Inside(
            log=self._log.since(own).decode("utf-8", "replace") if self._log else "",
            statements=tuple(dict.fromkeys(statement.text for statement in statements)),
            complaints=tuple(complaints),
        )
