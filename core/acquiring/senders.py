"""Who may call a hook, by address, where a provider publishes from where he calls. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]


def networks(written: Iterable[str]) -> Networks:
    """Read addresses and networks, such as `185.30.16.166` and `185.71.76.0/27`.

    Raises:
        ValueError: one of them is neither.
    """
    return tuple(ip_network(each) for each in written)


def is_among(peer: str, allowed: Networks) -> bool:
    """Tell whether an address is in one of the networks. None of them allows everybody; who is unknown, nobody."""
    if not allowed:
        return True
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    # A socket that listens on both families shows IPv4 callers as ::ffff:185.30.16.166.
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in allowed)
