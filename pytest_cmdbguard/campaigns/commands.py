"""Does input become a command, or an option of one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, Proof, Tried
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes import sink_payloads
from pytest_cmdbguard.probes.benign import HOST_LIKE, takes_text
from pytest_cmdbguard.witnesses.shell import breaks_out, script_of
from pytest_cmdbguard.witnesses.tripwire import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.probes.sink_payloads import SinkProbe
    from pytest_cmdbguard.witnesses.audit import Event

PROCESS = "process"
# Options that take the next word as their value, so that it is no option whatever it begins with.
# Of a program that is not listed nobody knows: what follows an option of it is never a finding.
VALUED = {
    "ping": "cWwiIstQSlmMpF",
    "traceroute": "mqwfpsigNztPo",
    "nslookup": "",
    "dig": "bcfkpqtxy",
    "host": "cmNRtW",
    "snmpwalk": "vcrtulaAxXnE",
    "nmap": "pTiogSe",
    "ssh": "BbcDEeFIiJLlmOopQRSWw",
    "curl": "AbcCdeEFhHKmoPQrTtuUwxXyYz",
    "grep": "efmABCdD",
    "tar": "fCXTbg",
    "git": "Cc",
}


def _matters(means: Means, place: Place) -> bool:
    """A process saw the text, or validation kept a text from being seen where a host is named."""
    if place.point.location == "content" or not takes_text(place.point):
        return False
    if not means.audit.sees:
        return means.tripwire.sees
    refused = 400 <= place.reached.status < 500 and not place.reached.sinks
    return PROCESS in place.reached.sinks or (refused and bool(HOST_LIKE.search(place.point.name)))


def _command_probes(means: Means, _place: Place) -> Iterator[SinkProbe]:
    return sink_payloads.of_table(sink_payloads.COMMANDS, means.profile, tripwire=PROGRAM)


def _judge_command(means: Means, tried: Tried) -> Proof | None:
    first, last = tried.probe.tokens
    if calls := means.tripwire.calls(last):
        return Proof(
            text=f"the command ran, called as: {PROGRAM} {calls[0]}", severity=Severity.CRITICAL
        )
    between = str(tried.probe.text).partition(first)[2].partition(last)[0]
    for event in tried.events:
        script = script_of(event.command) if event.sink == PROCESS else ""
        if script and breaks_out(script, first=first, last=last, sent=between):
            return Proof(
                text=f"a shell received, with the input as syntax: {script}\n{event.place}",
                severity=Severity.HIGH,
            )
    return None


def _meets(place: Place, events: Sequence[Event]) -> bool:
    return PROCESS in place.reached.sinks or any(event.sink == PROCESS for event in events)


def _argument_probes(means: Means, _place: Place) -> Iterator[SinkProbe]:
    return sink_payloads.of_table(sink_payloads.ARGUMENTS, means.profile)


def _judge_argument(_means: Means, tried: Tried) -> Proof | None:
    for event in tried.events:
        command = event.command if event.sink == PROCESS else []
        option = next(filter(None, (_option(command, token) for token in tried.probe.tokens)), "")
        if option and not script_of(command):
            return Proof(
                text=f"the program received {option!r} as an option: {command}\n{event.place}",
                severity=Severity.HIGH,
            )
    return None


def _option(command: Sequence[str], token: str) -> str:
    """The word with the token that the program must take for an option, or nothing."""
    for number, word in enumerate(command[1:], start=1):
        if word == "--":
            return ""
        if word.startswith("-") and token in word.lower():
            return "" if _is_value(command[0], command[number - 1], first=number == 1) else word
    return ""


def _is_value(program: str, before: str, *, first: bool) -> bool:
    """Whether a word is, or may be, the value of the option before it."""
    if first or not before.startswith("-") or before == "-":
        return False
    valued = VALUED.get(program.rpartition("/")[2])
    return valued is None or before.startswith("--") or before[-1] in valued


COMMANDS = Kind(matters=_matters, probes=_command_probes, judge=_judge_command, meets=_meets)
ARGUMENTS = Kind(matters=_matters, probes=_argument_probes, judge=_judge_argument, meets=_meets)
