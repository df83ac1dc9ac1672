"""Prefixes as a tree: what lies in what, and how much of each is in use."""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import TYPE_CHECKING

IPV4 = 4

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refcmdb.services.addresses import IpAddress, IpNetwork


@dataclasses.dataclass(slots=True, kw_only=True)
class Node:
    """A prefix with its ``addresses``, of which ``inside`` are in ``children``."""

    id: int
    network: IpNetwork
    addresses: int
    depth: int
    children: int = 0
    taken: int = 0
    inside: int = 0
    whole: bool = True

    @property
    def utilisation(self) -> float | None:
        """The share that children and addresses outside of them take; None if some are not known.

        0 to 1; the address of the network and of broadcasts count like all others.
        """
        if not self.whole:
            return None
        return (self.taken + self.addresses - self.inside) / self.network.num_addresses


def grown(rows: Iterable[tuple[int, str, int]], *, cut: bool) -> list[Node]:
    """The nodes of ``rows``: number, prefix, addresses; in the order of the prefixes.

    The first is the root, and all others lie in it. With ``cut`` there would be more rows: of
    prefixes that these could lie in nobody knows how much is used.
    """
    nodes: list[Node] = []
    above: list[Node] = []
    for number, prefix, addresses in rows:
        network = ipaddress.ip_network(prefix)
        while above and not _lies_in(network, above[-1].network):
            above.pop()
        node = Node(id=number, network=network, addresses=addresses, depth=len(above))
        if above:
            above[-1].children += 1
            above[-1].taken += network.num_addresses
            above[-1].inside += addresses
        nodes.append(node)
        above.append(node)
    for node in above if cut else ():
        node.whole = False
    return nodes


def supernets(prefix: str) -> list[str]:
    """Every network that ``prefix`` lies in, the largest first."""
    network = ipaddress.ip_network(prefix)
    return [str(network.supernet(new_prefix=length)) for length in range(network.prefixlen)]


def usable(prefix: str) -> tuple[IpAddress, IpAddress]:
    """The first and the last address of ``prefix`` that a host can have.

    In IPv4 not that of the network and the broadcast (RFC 1122 §3.2.1.3), save in a /31 (RFC 3021)
    and a /32; in IPv6 not that of the subnet's routers (RFC 4291 §2.6.1), save in a /127 (RFC
    6164) and a /128.
    """
    network = ipaddress.ip_network(prefix)
    first, last = network[0], network[-1]
    if network.max_prefixlen - network.prefixlen > 1:
        return first + 1, last - 1 if network.version == IPV4 else last
    return first, last


def _lies_in(network: IpNetwork, other: IpNetwork) -> bool:
    return network.prefixlen > other.prefixlen and network[0] in other
