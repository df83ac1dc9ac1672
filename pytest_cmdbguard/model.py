"""The words of the product as plain data: no I/O, no third-party import, nothing above it.

Everything here is frozen. What crosses a process boundary has ``to_json``/``from_json`` with
built-in types only, because xdist and ``results.json`` carry it.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

from .answers import Answer

F = TypeVar("F", bound=Callable[..., object])
Json = dict[str, Any]

CHECK_ID = re.compile(r"[A-Z]+-[A-Z]+-\d{3}")


class Severity(enum.StrEnum):
    """How bad a finding is, by what was proven (see the class members)."""

    CRITICAL = "critical"  # effect proven: code ran, another owner's data was read or changed
    HIGH = "high"  # input broke out of its syntactic place, or a stated limit is broken
    MEDIUM = "medium"  # hardening missing that a browser or operator relies on
    LOW = "low"  # hardening missing that helps an attacker only a little

    @property
    def rank(self) -> int:
        """0 for the worst, so that sorting puts the worst first."""
        return list(Severity).index(self)


class Verdict(enum.StrEnum):
    """What the run says of one criterion."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_VERIFIED = "not verified"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"
    NOT_SELECTED = "not selected"

    @property
    def accepts(self) -> bool:
        """Whether a gate may open on this verdict of a selected criterion."""
        return self in {Verdict.PASSED, Verdict.WAIVED, Verdict.NOT_APPLICABLE}


class Outcome(enum.StrEnum):
    """What became of one check item."""

    PASSED = "passed"
    FAILED = "failed"  # at least one finding
    ERROR = "error"  # the check itself could not run
    NOT_VERIFIED = "not verified"  # it ran, and could not prove either way
    NOT_RUN = "not run"  # it was selected, and the run ended before it


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One acceptance criterion.

    ``threshold`` maps a name to a number or text (``{"p95_s": 2.0}``); the unit is in the name.
    """

    id: str
    text: str
    source: str
    threshold: Mapping[str, float | str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A place of an operation that takes input.

    ``location`` is ``path``, ``query``, ``header`` or ``cookie``; in a body it is ``body`` (JSON;
    the name is a JSON pointer such as ``/name`` or ``/0/serial``), ``form`` or ``multipart`` (the
    name is that of the field; ``NAME filename`` is what a file is called) or ``content`` (all of
    the body; the name is its media type). ``jwt`` is a field of the header of an actor's token.
    """

    location: str
    name: str
    schema: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    required: bool = False
    example: object = None

    def __str__(self) -> str:
        return f"{self.location} parameter {self.name}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method and path of the target, as its OpenAPI document describes it.

    ``body`` is the resolved schema of the JSON request body (no ``$ref`` left), or None, and
    ``body_media`` the media type that it is sent with; ``contents`` maps the other media types of
    request bodies to their resolved schemas. ``produces`` are the media types of its successful
    responses. ``path`` has no slash at its end, so that ``/devices`` is the collection of
    ``/devices/{id}`` everywhere; :attr:`route` is what the target serves.
    """

    id: str
    method: str
    path: str
    slash: bool = False
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] | None = None
    body_required: bool = False
    body_media: str = "application/json"
    contents: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    produces: tuple[str, ...] = ()
    secured: bool = True
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def route(self) -> str:
        """The path as the document has it: some frameworks want a slash at its end."""
        return f"{self.path}/" if self.slash else self.path

    @property
    def reads(self) -> bool:
        """Whether HTTP calls the method safe (RFC 9110 §9.2.1)."""
        return self.method in {"GET", "HEAD", "OPTIONS"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A role with credentials; ``headers`` hold secrets and never reach a report.

    ``tenant`` is None for an actor that sees every tenant. ``password`` is for the target's
    log-in form, empty where nobody knows it; the user's name there is that of the actor.
    """

    name: str
    role: str
    tenant: str | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    password: str = dataclasses.field(default="", repr=False)

    @property
    def variable(self) -> str:
        """The environment variable that reproduction lines use for the credential."""
        return "CMDBGUARD_" + re.sub(r"\W", "_", self.name).upper()

    @property
    def told_headers(self) -> dict[str, str]:
        """Its headers as reproduction lines write them: shell variables in place of secrets.

        A token keeps its scheme; the variable of a second header ends with ``_2``.
        """
        told = {}
        for number, (name, value) in enumerate(self.headers.items(), start=1):
            variable = f"${self.variable}" + (f"_{number}" if number > 1 else "")
            scheme, _, rest = value.partition(" ")
            has_scheme = name.lower() == "authorization" and rest
            told[name] = f"{scheme} {variable}" if has_scheme else variable
        return told


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its response, with the tokens the request carried.

    ``url`` is absolute; ``elapsed_s`` counts from sending to the last byte. Header names are
    lower case. ``request_headers`` hold no credential: of one that a probe changed, they show the
    variable of the actor in its place. ``chosen`` are numbers of the JSON body for which others
    could stand: name, number, lowest, highest. ``cut`` says why ``body`` is not all that came, or
    is empty.
    """

    method: str
    url: str
    actor: Actor | None = None
    request_headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    request_body: bytes = b""
    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_s: float = 0.0
    tokens: tuple[str, ...] = ()
    chosen: tuple[tuple[str, int, int, int], ...] = ()
    cut: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether it was answered, and neither refused nor failed."""
        return 0 < self.status < 400


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A witness saw a token.

    ``position`` says in which syntactic place (``literal``, ``bind``, ``identifier``,
    ``comment``, ``outside``, ``executed``); ``text`` is what the sink received, ``span`` the
    half-open character range of ``text`` that came from the request.
    """

    witness: str
    token: str
    position: str
    text: str
    span: tuple[int, int] = (0, 0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A proven violation. ``proof`` is what was seen, ``sink`` where (``sql``, ``header`` …)."""

    check: str
    criterion: str
    severity: Severity
    title: str
    operation: str
    location: str = ""
    parameter: str = ""
    sink: str = ""
    proof: str
    reproduce: tuple[str, ...] = ()
    remedy: str
    references: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """16 hex digits that survive another payload, port, order or machine."""
        parts = (self.check, self.operation, self.location, self.parameter, self.sink)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    def to_json(self) -> Json:
        """Built-in types only (an enum would not pass xdist), with the fingerprint first."""
        plain = dataclasses.asdict(self) | {"severity": str(self.severity)}
        return {"fingerprint": self.fingerprint, **plain}

    @classmethod
    def from_json(cls, data: Json) -> Finding:
        """The inverse of :meth:`to_json`."""
        fields = {key: value for key, value in data.items() if key != "fingerprint"}
        return cls(
            **fields
            | {
                "severity": Severity(fields["severity"]),
                "reproduce": tuple(fields["reproduce"]),
                "references": tuple(fields["references"]),
            }
        )


def cwe_of(references: Sequence[str]) -> str:
    """The number among the references of a finding, empty when there is none."""
    return next((r.removeprefix("CWE-") for r in references if r.startswith("CWE-")), "")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One (operation, injection point) pair that was probed, and whether it reached a sink.

    ``stopped`` says where it ended when it did not (``validation: HTTP 422``); it is empty for one
    that did. ``closed`` is a place that cannot reach one, so it is no part of the reach: it takes
    no free text (a number, a choice, a date) and refused every probe, or what it took with
    success was seen in no sink; or it is an answer that has no body.
    ``requests`` is how many requests carried a probe of it, 0 where nobody counted.
    """

    operation: str
    location: str
    parameter: str
    reached: bool
    stopped: str = ""
    closed: bool = False
    requests: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check item has to say; travels from the worker to the controller as JSON.

    ``measured`` is a figure in words, ``share`` which share of its limit it took; ``answers`` are
    those to other scanners' alerts.
    """

    nodeid: str
    check: str
    criterion: str
    title: str
    outcome: Outcome
    reason: str = ""
    measured: str = ""
    share: float = 0.0
    duration_s: float = 0.0
    contacts: tuple[Contact, ...] = ()
    findings: tuple[Finding, ...] = ()
    answers: tuple[Answer, ...] = ()

    def to_json(self) -> Json:
        """Built-in types only (an enum would not pass xdist)."""
        return dataclasses.asdict(self) | {
            "outcome": str(self.outcome),
            "contacts": [dataclasses.asdict(contact) for contact in self.contacts],
            "findings": [finding.to_json() for finding in self.findings],
            "answers": [answer.to_json() for answer in self.answers],
        }

    @classmethod
    def from_json(cls, data: Json) -> CheckResult:
        """The inverse of :meth:`to_json`."""
        return cls(
            **data
            | {
                "outcome": Outcome(data["outcome"]),
                "contacts": tuple(Contact(**contact) for contact in data["contacts"]),
                "findings": tuple(Finding.from_json(finding) for finding in data["findings"]),
                "answers": tuple(Answer.from_json(answer) for answer in data["answers"]),
            }
        )


def anything(operation: Operation) -> bool:  # noqa: ARG001 - the signature is given
    """Every operation: the default of :attr:`check.operations`."""
    return True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class check:  # noqa: N801 - used as a decorator
    """What a check claims; also the decorator that puts the claim on a function.

    Args:
        id: ``CG-INJ-001`` for shipped checks; two upper-case words and three digits.
        criterion: the id of the criterion that the check supports.
        title: the claim as a sentence, said of a sound system.
        severity: of a finding that the check makes without saying otherwise.
        remedy: what to do about a finding, one sentence.
        cwe: number in the Common Weakness Enumeration.
        owasp: OWASP ids with their year, separated by blanks (``A03:2021 A05:2025``).
        asvs: ASVS ids with their version, separated by blanks (``5.0:1.2.4 4.0.3:5.3.4``).
        cis: ids of the CIS Docker Benchmark with its version (``1.6.0:4.1``), likewise.
        operations: for a function that asks for the fixture ``operation``: which of the
            target's operations it applies to. Such a check becomes one item per operation.
        alone: nothing else of the run works while this check does (timing).

    Raises:
        ValueError: the id does not have that form, or a required text is empty.
    """

    id: str
    criterion: str
    title: str
    severity: Severity
    remedy: str
    cwe: int | None = None
    owasp: str | None = None
    asvs: str | None = None
    cis: str | None = None
    operations: Callable[[Operation], bool] = anything
    alone: bool = False

    def __post_init__(self) -> None:
        if not (self.criterion and self.title and self.remedy):
            raise ValueError(f"check {self.id}: criterion, title and remedy must not be empty")

    def __call__(self, function: F) -> F:
        """Put the claim on a function, as its marker. Raises: ValueError."""
        if not CHECK_ID.fullmatch(self.id):
            raise ValueError(f"check id {self.id!r} must look like 'CG-AUTHZ-003'")
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        marked: F = pytest.mark.cmdbguard(**fields)(function)
        return marked

    @property
    def references(self) -> tuple[str, ...]:
        """The ids under which others know the weakness, ready to print."""
        texts: Sequence[str | None] = (
            f"CWE-{self.cwe}" if self.cwe else None,
            f"OWASP {self.owasp}" if self.owasp else None,
            f"ASVS {self.asvs}" if self.asvs else None,
            f"CIS Docker {self.cis}" if self.cis else None,
        )
        return tuple(text for text in texts if text)
