"""Addresses of pictures come in messages: where they may lead."""

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from channels.toolkit.pictures import ELSEWHERE, Pictures, PublicResolver
from core.ports.channel import ContentRejected, TemporarilyUnavailable

HOME = "https://api.example.ru/v1"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "picture.jpg",
        "http://dl-media.example/1.jpg",
        "ftp://dl-media.example/1.jpg",
        "file:///etc/passwd",
        "https://127.0.0.1/1.jpg",
        "https://127.1/1.jpg",
        "https://2130706433/1.jpg",
        "https://[::1]/1.jpg",
        "https://10.0.0.7:8443/1.jpg",
        "https://[::ffff:10.0.0.7]/1.jpg",
        "http://api.example.ru/1.jpg",
        "https://api.example.ru:8443@10.0.0.7/1.jpg",
        "https://host:99999999/1.jpg",
        "https:///1.jpg",
        "//dl-media.example/1.jpg",
    ],
)
async def test_addresses_that_are_not_called(address: str) -> None:
    """Neither a machine in figures nor anything without encryption is called, but the vendor's own address."""
    pictures = Pictures("the vendor", HOME)
    with pytest.raises(ContentRejected) as caught:
        await pictures.fetch(address)
    assert caught.value.code == ELSEWHERE
    await pictures.close()


class Names(AbstractResolver):
    """A name server that tells what it is told to."""

    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=found, port=port, family=family, proto=0, flags=0)
            for found in self._hosts
        ]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.7", "192.168.1.5", "169.254.169.254", "::1", "fd00::7"])
async def test_names_of_machines_within(inner: str) -> None:
    """A name that leads into our own network is nobody's, unless the operator has named it."""
    resolver = PublicResolver("emulator", Names(inner))
    with pytest.raises(OSError, match="no public address"):
        await resolver.resolve("pictures.example", 443)
    assert [found["host"] for found in await resolver.resolve("emulator", 443)] == [inner]
    mixed = PublicResolver("emulator", Names(inner, "93.184.215.14"))
    assert [found["host"] for found in await mixed.resolve("pictures.example", 443)] == ["93.184.215.14"]
    await resolver.close()


async def test_a_name_that_leads_within() -> None:
    """To the caller it is a server that cannot be reached."""
    pictures = Pictures("the vendor", HOME)
    with pytest.raises(TemporarilyUnavailable):
        await pictures.fetch("https://localhost/1.jpg")
    await pictures.close()
    await pictures.close()
