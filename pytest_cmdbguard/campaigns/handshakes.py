"""Handshakes with the TLS end: which versions and cipher suites it accepts, and whose it is."""

from __future__ import annotations

import dataclasses
import http.client
import socket
import ssl
from typing import TYPE_CHECKING

from pytest_cmdbguard.services.front import address_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Operation
    from pytest_cmdbguard.services.front import Door

# RFC 8996 and RFC 7568 forbid them.
FORBIDDEN = ("SSL_2_0", "SSL_3_0", "TLS_1_0", "TLS_1_1")
ALLOWED = ("TLS_1_2", "TLS_1_3")
TIMEOUT_S = 5.0
# A redirect, or a refusal that answers nothing.
ELSEWHERE = frozenset({301, 302, 303, 307, 308})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A handshake that the server went through with, and why it should not have."""

    version: str
    suite: str
    wrong: str = ""

    def shell(self, door: Door) -> str:
        """The line that shakes hands that way again."""
        version = "-" + self.version.lower().removesuffix("_0")
        return shell(door, f"{version} -cipher ALL:@SECLEVEL=0")


def shell(door: Door, options: str = "") -> str:
    """The line that shakes hands and prints what the server showed."""
    words = ["openssl s_client -brief", f"-connect {door.https} -verify_hostname {door.name}"]
    if door.host_name:
        words.append(f"-servername {door.host_name}")
    if door.authority:
        words.append(f"-CAfile {door.authority}")
    return " ".join([*words, options]).strip() + " </dev/null"


def accepted(door: Door) -> list[Accepted]:
    """Every version and cipher suite that the server really agreed to, weak ones marked.

    Raises: ConnectionError when nobody speaks TLS there.
    """
    import sslyze  # noqa: PLC0415 - only where handshakes are tried

    host, port = door.address
    place = sslyze.ServerNetworkLocation(door.name, port, ip_address=socket.gethostbyname(host))
    commands = {f"{name}_CIPHER_SUITES": name for name in (*FORBIDDEN, *ALLOWED)}
    scanner = sslyze.Scanner()
    wanted = {sslyze.ScanCommand[command] for command in commands}
    scanner.queue_scans([sslyze.ServerScanRequest(server_location=place, scan_commands=wanted)])
    (answer,) = scanner.get_results()
    if answer.scan_result is None:
        raise ConnectionError(f"nobody speaks TLS at {door.https}")
    found = []
    for command, version in commands.items():
        result = getattr(answer.scan_result, command.lower()).result
        suites = [one.cipher_suite.name for one in result.accepted_cipher_suites] if result else []
        found += [Accepted(version=version, suite=s, wrong=weakness(version, s)) for s in suites]
    return found


def weakness(version: str, suite: str) -> str:
    """What is wrong with a suite of a version by RFC 9325 §3.1 and §4; empty when nothing is."""
    if version in FORBIDDEN:
        return f"{version.replace('_', '.', 2).replace('.', ' ', 1)} is forbidden (RFC 8996)"
    if version == "TLS_1_3":
        return ""
    if not suite.startswith(("TLS_ECDHE_", "TLS_DHE_")):
        return "it has no forward secrecy"
    if not any(mode in suite for mode in ("_GCM_", "_CCM", "_CHACHA20_")):
        return "it encrypts without authentication (CBC)"
    return ""


def distrust(door: Door) -> str:
    """Why a client refuses the server's certificate for this host; empty when it does not.

    Raises: OSError when nobody answers.
    """
    context = ssl.create_default_context(cafile=str(door.authority) if door.authority else None)
    try:
        with (
            socket.create_connection(door.address, timeout=TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=door.name),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


def served_in_clear(
    door: Door, operations: Sequence[Operation]
) -> Iterator[tuple[Operation, str, str]]:
    """Operations that plain HTTP answers and should not, with the proof and the line for it.

    Asked are operations that read and have no place in their path, at the plain port and, where
    there is none, in clear text at the TLS port.
    """
    clear = door.http or door.https
    for operation in operations:
        if operation.method == "GET" and "{" not in operation.path:
            url = f"http://{clear}{operation.route}"
            if wrong := _judged(*_asked(clear, operation.route)):
                yield operation, f"GET {url}: {wrong}", f"curl -si {url}"


def _judged(status: int, place: str) -> str:
    if status in ELSEWHERE and not place.startswith("https://"):
        return f"HTTP {status} leads to {place or 'nowhere'}, not to https"
    if status in ELSEWHERE or not status or 400 <= status < 500:
        return ""
    return f"HTTP {status} was answered in clear text"


def _asked(place: str, path: str) -> tuple[int, str]:
    """Status and Location; status 0 for nobody."""
    connection = http.client.HTTPConnection(*address_of(place, 80), timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location", "")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
