"""Prometheus' text format, version 0.0.4."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from refcmdb.monitoring.figures import BOUNDS_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from refcmdb.monitoring.figures import Histogram

MEDIA_TYPE = "text/plain; version=0.0.4"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Labels = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One series; ``suffix`` follows the name of its family."""

    labels: Labels = ()
    value: float
    suffix: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric: what it is called and means, its kind (counter, gauge, histogram), its series."""

    name: str
    meaning: str
    kind: str
    samples: Sequence[Sample]


def text_of(families: Iterable[Family]) -> str:
    """What a scrape gets."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def one(name: str, meaning: str, value: float | None, *, kind: str = "gauge") -> Family:
    """A metric without labels; without any series where there is no value."""
    samples = [] if value is None else [Sample(value=value)]
    return Family(name=name, meaning=meaning, kind=kind, samples=samples)


def several(
    name: str, meaning: str, values: Mapping[Labels, float], *, kind: str = "gauge"
) -> Family:
    """A metric with labels."""
    samples = [Sample(labels=labels, value=value) for labels, value in sorted(values.items())]
    return Family(name=name, meaning=meaning, kind=kind, samples=samples)


def histogram(name: str, meaning: str, values: Mapping[Labels, Histogram]) -> Family:
    """Durations in seconds."""
    samples = [part for labels, each in sorted(values.items()) for part in _parts(labels, each)]
    return Family(name=name, meaning=meaning, kind="histogram", samples=samples)


def _parts(labels: Labels, durations: Histogram) -> Iterator[Sample]:
    below = 0
    for count, bound in zip(durations.buckets, (*BOUNDS_S, "+Inf"), strict=True):
        below += count
        upper = (*labels, ("le", str(bound)))
        yield Sample(labels=upper, value=below, suffix="_bucket")
    yield Sample(labels=labels, value=durations.sum_s, suffix="_sum")
    yield Sample(labels=labels, value=below, suffix="_count")


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.meaning}"
    yield f"# TYPE {family.name} {family.kind}"
    for sample in family.samples:
        labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sample.labels)
        braced = f"{{{labels}}}" if labels else ""
        yield f"{family.name}{sample.suffix}{braced} {_number(sample.value)}"


def _number(value: float) -> str:
    return "+Inf" if value == math.inf else f"{value:.15g}"
