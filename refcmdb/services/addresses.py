"""Where this server may send requests of its own: an address is judged, never a name."""

from __future__ import annotations

import dataclasses
import ipaddress

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """Which addresses outgoing requests may go to: ``public`` ones and those of ``networks``."""

    public: bool = True
    networks: tuple[IpNetwork, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Egress:
        """``public``, ``none``, or networks, separated by commas; ``public`` may be among them.

        Raises: ValueError for anything else.
        """
        words = [word.strip() for word in text.split(",")]
        if words == ["none"]:
            return cls(public=False)
        networks = [ipaddress.ip_network(word) for word in words if word != "public"]
        return cls(public="public" in words, networks=tuple(networks))

    @property
    def is_off(self) -> bool:
        """Whether nothing may go out, so that no name need be looked up."""
        return not self.public and not self.networks

    def allows(self, address: IpAddress) -> bool:
        """Whether requests may go there, whatever other address is wrapped in this one."""
        inner = unwrapped(address)
        if any(inner.version == network.version and inner in network for network in self.networks):
            return True
        return self.public and inner.is_global and not inner.is_multicast


def unwrapped(address: IpAddress) -> IpAddress:
    """The IPv4 address that a mapped, 6to4, Teredo or NAT64 address leads to; else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
