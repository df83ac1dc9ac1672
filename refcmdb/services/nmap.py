"""What an Nmap scan found, read from its XML report (``nmap -oX``)."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_HOSTS = 1000
MOST_PORTS = 100
MOST_FACTS = 20
LONGEST_FACT = 200
HOSTNAME = re.compile(r"[A-Za-z0-9._-]{0,255}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FoundHost:
    """A host that answered; ``address`` has its prefix length, ``facts`` are what scripts said."""

    address: str
    hostname: str
    ports: tuple[int, ...]
    facts: dict[str, str]


def hosts_of(raw: bytes) -> list[FoundHost]:
    """The hosts of a report that are up and have an IP address, each address once.

    Raises: BadInput for what is no such report, and for one that declares entities.
    """
    root = parsed(raw)
    if root.tag != "nmaprun":
        raise BadInput("", "the root element is not nmaprun")
    found = [_host(element) for element in root.findall("host") if _is_up(element)]
    by_address = {host.address: host for host in found if host is not None}
    if len(by_address) > MOST_HOSTS:
        raise BadInput("host", f"there are more than {MOST_HOSTS} hosts")
    return list(by_address.values())


def parsed(raw: bytes) -> Element:
    """The document; the document type that Nmap writes is ignored. Raises: BadInput."""
    try:
        root: Element = defusedxml.ElementTree.fromstring(raw)
    except DefusedXmlException:
        problem = "the document declares entities or refers to other files"
        raise BadInput("", problem, hostile=True) from None
    except (ParseError, ValueError, LookupError):
        raise BadInput("", "the body is not valid XML") from None
    return root


def _is_up(host: Element) -> bool:
    status = host.find("status")
    return status is None or status.get("state") == "up"


def _host(host: Element) -> FoundHost | None:
    addresses = [e.get("addr", "") for e in host.findall("address") if e.get("addrtype") != "mac"]
    if not addresses:
        return None
    name = host.find("hostnames/hostname")
    return FoundHost(
        address=_address(addresses[0]),
        hostname=_hostname(name.get("name", "") if name is not None else ""),
        ports=tuple(_port(port) for port in host.findall("ports/port")[:MOST_PORTS]),
        facts=_facts(host),
    )


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise BadInput("address.addr", f"{text[:50]!r} is not an IP address") from None
    if "%" in text:
        raise BadInput("address.addr", "an address has no zone here")
    return f"{address}/{address.max_prefixlen}"


def _hostname(text: str) -> str:
    if not HOSTNAME.fullmatch(text):
        raise BadInput("hostname.name", f"{text[:50]!r} is not a host name")
    return text


def _port(element: Element) -> int:
    text = element.get("portid", "")
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII):
        raise BadInput("port.portid", f"{text[:50]!r} is not a port")
    return int(text)


def _facts(host: Element) -> dict[str, str]:
    """What elements of scripts say, such as the system description that SNMP gave."""
    facts = {}
    for element in list(host.iter("elem"))[:MOST_FACTS]:
        key = element.get("key", "")[:LONGEST_FACT]
        facts[key] = (element.text or "").strip()[:LONGEST_FACT]
    return facts
