"""Input stays an argument: it becomes no command, no option, no code and no template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check
from pytest_cmdbguard.campaigns.commands import ARGUMENTS, COMMANDS
from pytest_cmdbguard.campaigns.templating import CODES, TEMPLATES

from ._sinks import record, require_hook, require_neighbour, takes_free_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.campaigns.sinks import Kind, Means, SinkAttack

    Attack = Callable[[Kind], SinkAttack]


@check(
    id="CG-CMD-001",
    criterion="owasp-top-10",
    title="Input never becomes a command",
    severity=Severity.CRITICAL,
    cwe=78,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.5 4.0.3:5.3.8",
    remedy="Start programs with an argument list, never through a shell.",
    operations=takes_free_text,
)
def input_never_becomes_a_command(
    operation: Operation, sink_attack: Attack, means: Means, evidence: Evidence
) -> None:
    """Judged by a tripwire that runs, and by where input stands in what a shell received."""
    require_neighbour(means)
    record(evidence, operation, sink_attack(COMMANDS)(operation), sink="process")


@check(
    id="CG-CMD-002",
    criterion="owasp-top-10",
    title="Input never becomes an option of a program",
    severity=Severity.HIGH,
    cwe=88,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.5 4.0.3:5.3.8",
    remedy="Refuse input that begins with a dash, and put -- before it.",
    operations=takes_free_text,
)
def input_never_becomes_an_option(
    operation: Operation, sink_attack: Attack, means: Means, evidence: Evidence
) -> None:
    """Judged by the argument lists of the processes that the target starts."""
    require_hook(means)
    record(evidence, operation, sink_attack(ARGUMENTS)(operation), sink="process")


@check(
    id="CG-TPL-001",
    criterion="owasp-top-10",
    title="Input never becomes a template that reaches beyond itself",
    severity=Severity.CRITICAL,
    cwe=1336,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.3.7 4.0.3:5.2.5",
    remedy="Give input to templates as a variable; render users' templates in a sandbox.",
    operations=takes_free_text,
)
def input_never_becomes_a_template(
    operation: Operation, sink_attack: Attack, evidence: Evidence
) -> None:
    """Judged by what comes back; where templates are the purpose, only by what escapes."""
    record(evidence, operation, sink_attack(TEMPLATES)(operation), sink="template")


@check(
    id="CG-CODE-001",
    criterion="owasp-top-10",
    title="Input never becomes code",
    severity=Severity.CRITICAL,
    cwe=95,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.3.2 4.0.3:5.2.4",
    remedy="Parse expressions and evaluate only what a list allows; never eval.",
    operations=takes_free_text,
)
def input_never_becomes_code(
    operation: Operation, sink_attack: Attack, means: Means, evidence: Evidence
) -> None:
    """Judged by what the interpreter compiles and runs."""
    require_neighbour(means)
    record(evidence, operation, sink_attack(CODES)(operation), sink="code")
