"""Whether a host answers: ping, traceroute, a TCP connection, each bounded in time and number."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
from typing import TYPE_CHECKING

from refcmdb.services.outgoing import Refused, Unreachable, allowed_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.services.addresses import Egress

WAIT_S = 2.0
MOST_AT_A_TIME = 4
LONGEST_OUTPUT = 4000

_turns = asyncio.Semaphore(MOST_AT_A_TIME)


@dataclasses.dataclass(frozen=True, slots=True)
class Reply:
    """``state`` is reachable, unreachable, refused or unavailable; ``output`` is for people."""

    state: str
    output: str


async def check(egress: Egress, host: str, *, method: str, count: int, port: int) -> Reply:
    """Try to reach ``host``, as soon as there is a turn."""
    async with _turns:
        if method == "ping":
            return await asyncio.to_thread(ping, host, count)
        if method == "traceroute":
            return await asyncio.to_thread(traceroute, host)
        return await connect(egress, host, port)


def ping(host: str, count: int) -> Reply:
    """``count`` echo requests. What follows ``--`` is never an option."""
    return run(["ping", "-n", "-c", str(count), "-i", "0.2", "-W", "1", "--", host])


def traceroute(host: str) -> Reply:
    """At most 15 hops."""
    return run(["traceroute", "-n", "-m", "15", "-q", "1", "-w", "1", "--", host])


def run(command: Sequence[str]) -> Reply:
    """The program's own judgement of its end, within WAIT_S; no shell reads the command."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=WAIT_S,
            check=False,
        )
    except FileNotFoundError:
        return Reply("unavailable", f"{command[0]} is not installed on this server")
    except PermissionError:
        return Reply("unavailable", f"this server may not run {command[0]}")
    except subprocess.TimeoutExpired:
        return Reply("unreachable", f"no answer within {WAIT_S:g} s")
    return replied(done)


def replied(done: subprocess.CompletedProcess[bytes]) -> Reply:
    """What a program that ended has said."""
    output = done.stdout.decode("utf-8", "replace")[:LONGEST_OUTPUT]
    return Reply("unreachable" if done.returncode else "reachable", output)


async def connect(egress: Egress, host: str, port: int) -> Reply:
    """A TCP connection to an address that requests of ours may go to, closed at once."""
    try:
        async with asyncio.timeout(WAIT_S):
            address = await allowed_address(egress, host)
            _, writer = await asyncio.open_connection(str(address), port)
    except Refused:
        return Reply("refused", "this server may not connect to that address")
    except Unreachable as error:
        return Reply("unreachable", str(error))
    except TimeoutError:
        return Reply("unreachable", f"no answer within {WAIT_S:g} s")
    except OSError as error:
        return Reply("unreachable", error.strerror or "there is no connection")
    writer.close()
    return Reply("reachable", f"connected to port {port} of {address}")
