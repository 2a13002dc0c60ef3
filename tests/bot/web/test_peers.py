"""Who is calling, past the proxies that are trusted."""

from ipaddress import ip_network

import pytest

from bot.web.peers import peer_of

TRUSTED = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("::1")]


@pytest.mark.parametrize(
    ("remote", "header", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "185.71.76.1", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "185.71.76.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("::1", "2a02:5180::7", "2a02:5180::7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "nonsense"),
        ("127.0.0.1", " , ,203.0.113.9 , ", "203.0.113.9"),
        (None, "203.0.113.9", ""),
    ],
)
def test_only_what_trusted_proxies_wrote_counts(remote: str | None, header: str, expected: str) -> None:
    """From the right, the first address that is none of theirs."""
    assert peer_of(remote, header, TRUSTED) == expected
