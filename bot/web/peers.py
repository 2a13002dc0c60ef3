"""Who is calling: the connection's other end, or whom a proxy that we trust names."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def peer_of(remote: str | None, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address from where a request came.

    Of the header `X-Forwarded-For` only what trusted proxies have written counts: from the right, the first address
    that is none of theirs. Anybody may have written what stands to the left of that.
    """
    caller = remote or ""
    hops = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    while hops and _is_among(caller, trusted):
        caller = hops.pop()
    return caller


def _is_among(address: str, networks: Sequence[Network]) -> bool:
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in networks)
