"""Do a few entities of an XML document make the target fill its memory?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.campaigns.parsed import media_of, with_entities
from pytest_cmdbguard.campaigns.sinks import SinkResult
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.bodies import as_bytes
from pytest_cmdbguard.probes.payloads import TextProbe
from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.campaigns.volley import Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.cpu import CpuWitness

_XML = re.compile(r"\b(?:xml|svg)\b", re.IGNORECASE)
# Expat stops at a hundred times the document; below that, a parser has to be told to.
_LONG, _TIMES = 200_000, 95
_NESTED = 6  # ten to the power of that many times thirty characters
_LIMIT_BYTES = 12 * 1024 * 1024
_UNREAD = {401, 403, 404, 405, 413, 415, 429}


class EntityBomb:
    """Sends documents whose entities multiply to 20 or 30 MB, and looks at the target's memory."""

    def __init__(self, volley: Volley, surroundings: Surroundings, cpu: CpuWitness) -> None:
        self._volley, self._surroundings, self._cpu = volley, surroundings, cpu

    def __call__(self, operation: Operation) -> Iterator[SinkResult]:
        """One result per XML document that the operation takes."""
        for point in injection_points(operation):
            if _XML.search(media_of(point)):
                yield self._result(operation, point)

    def _result(self, operation: Operation, point: Parameter) -> SinkResult:
        values = self._surroundings.values(operation, point)
        known = values.get((point.location, point.name), "<probe>probe</probe>")
        document = as_bytes(known).decode("utf-8", "replace")
        plain, control = self._growth(operation, point, long_text(document))
        for make in (nested, repeated):
            bomb = make(document)
            exchange, grown = self._growth(operation, point, bomb)
            if grown - control > _LIMIT_BYTES:
                return SinkResult(
                    operation=operation,
                    point=point,
                    reached=True,
                    proof=f"a document of {len(bomb):,} bytes made the target take {grown:,} bytes"
                    f" of memory; one of {_LONG:,} bytes without entities, {control:,}",
                    severity=Severity.HIGH,
                    exchange=exchange,
                )
        stopped = ending(plain.status) if plain.status in _UNREAD else ""
        return SinkResult(operation=operation, point=point, reached=not stopped, stopped=stopped)

    def _growth(
        self, operation: Operation, point: Parameter, document: str
    ) -> tuple[Exchange, int]:
        """The answer, and how much more memory the target had meanwhile than before."""
        self._cpu.forget_peak()
        before = self._cpu.peak_bytes() or 0
        (sent,) = self._volley.each(operation, [(point, TextProbe(text=document))])
        return sent.exchange, (self._cpu.peak_bytes() or 0) - before


def nested(document: str) -> str:
    """Each entity is ten of the one before ("billion laughs"), 30 MB in all."""
    declared = ['<!ENTITY e0 "' + "x" * 30 + '">']
    declared += [
        f'<!ENTITY e{level} "' + f"&e{level - 1};" * 10 + '">' for level in range(1, _NESTED + 1)
    ]
    return with_entities(document, "".join(declared), f"&e{_NESTED};")


def repeated(document: str) -> str:
    """One long entity, often referred to ("quadratic blow-up"), 19 MB in all."""
    return with_entities(document, f'<!ENTITY e "{"x" * _LONG}">', "&e;" * _TIMES)


def long_text(document: str) -> str:
    """As long as the longest of the others, with no entity."""
    return with_entities(document, "", "x" * _LONG)
