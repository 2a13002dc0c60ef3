"""Pictures that subscribers sent, fetched from the emulated vendors, with all that can go wrong."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from channels.telegram.adapter import TelegramChannel
from channels.telegram.emulator import Fault, TelegramEmulator, updates
from channels.toolkit.album import PICTURE, AlbumFault
from channels.viber.adapter import ViberChannel
from channels.viber.emulator import ViberEmulator
from channels.vk.adapter import VkCallback
from channels.vk.emulator import VkEmulator
from core.ports.channel import (
    PHOTO_LIMIT,
    ContentRejected,
    Fetches,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
)

PATIENCE = 0.5
"""Seconds that a call may take here."""


class Family:
    """A vendor and the channel that talks to him; `reference` is how he names a picture that his album keeps."""

    def __init__(self, vendor: Any, channel: Callable[[], Any], reference: Callable[[str], str]) -> None:
        self.vendor, self.album, self.reference, self._make = vendor, vendor.album, reference, channel

    async def start(self) -> None:
        await self.vendor.start()
        self.channel = self._make()

    async def stop(self) -> None:
        await self.channel.close()
        await self.vendor.stop()

    def keep(self, picture: bytes = PICTURE) -> str:
        return self.reference(self.album.keep(picture))


def telegram() -> Family:
    vendor = TelegramEmulator()
    return Family(
        vendor,
        lambda: TelegramChannel(vendor.settings(), total_seconds=PATIENCE),
        lambda name: str(updates.photo(name)[-1]["file_id"]),
    )


def viber() -> Family:
    vendor = ViberEmulator()
    return Family(
        vendor,
        lambda: ViberChannel(vendor.settings(), {}, total_seconds=PATIENCE),
        lambda name: f"{vendor.url.removesuffix('/pa')}/media/{name}",
    )


def vk() -> Family:
    vendor = VkEmulator()
    return Family(
        vendor,
        lambda: VkCallback(vendor.settings(), total_seconds=PATIENCE),
        lambda name: f"{vendor.url}/pictures/{name}?size=w",
    )


@pytest.fixture(params=[telegram, viber, vk])
async def family(request: pytest.FixtureRequest) -> AsyncIterator[Family]:
    family: Family = request.param()
    await family.start()
    yield family
    await family.stop()


async def test_the_picture_as_it_was_sent(family: Family) -> None:
    """The bytes that come are those that were sent, also where the address leads on."""
    assert isinstance(family.channel, Fetches)
    assert await family.channel.fetch(family.keep()) == PICTURE
    family.album.fail(AlbumFault.MOVED, times=3)
    assert await family.channel.fetch(family.keep(b"another")) == b"another"


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (AlbumFault.GONE, ContentRejected),
        (AlbumFault.TOO_LARGE, ContentRejected),
        (AlbumFault.BUSY, RateLimited),
        (AlbumFault.UNAVAILABLE, TemporarilyUnavailable),
        (AlbumFault.RESET, OutcomeUnknown),
        (AlbumFault.SLOW, OutcomeUnknown),
    ],
)
async def test_pictures_that_do_not_come(family: Family, fault: AlbumFault, failure: type[SendFailure]) -> None:
    """Whatever goes wrong has its class, says neither address nor token, and is over when the time is up."""
    reference = family.keep()
    family.album.fail(fault)
    with capture_logs() as logs, pytest.raises(SendFailure) as caught:
        await family.channel.fetch(reference)
    assert type(caught.value) is failure
    told = f"{caught.value!r} {caught.value.detail} {logs}"
    assert reference not in told
    assert family.vendor.url not in told
    assert await family.channel.fetch(reference) == PICTURE


async def test_circles(family: Family) -> None:
    """An address that leads round and round is left alone."""
    family.album.fail(AlbumFault.MOVED, times=10)
    with pytest.raises(ContentRejected):
        await family.channel.fetch(family.keep())
    assert len(family.album.asked) == 4


async def test_the_largest_picture(family: Family) -> None:
    """A picture of just the limit is taken; one byte more is not, and not read to its end."""
    assert len(await family.channel.fetch(family.keep(bytes(PHOTO_LIMIT)))) == PHOTO_LIMIT
    with pytest.raises(ContentRejected) as caught:
        await family.channel.fetch(family.keep(bytes(PHOTO_LIMIT + 1)))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault.UNAVAILABLE, TemporarilyUnavailable),
        (Fault.BUSY, RateLimited),
        (Fault.STRANGER, Misconfigured),
        (Fault.GARBLED, OutcomeUnknown),
        (Fault.HANG, OutcomeUnknown),
    ],
)
async def test_telegram_is_asked_where_it_is(fault: Fault, failure: type[SendFailure]) -> None:
    """`getFile` may fail as every method may; so may its answer for a file that is unknown, or too big for bots."""
    family = telegram()
    await family.start()
    family.vendor.fail(fault, method="getFile")
    with pytest.raises(failure):
        await family.channel.fetch(family.keep())
    for reference in ("AgACunknown", family.keep(bytes(20 * 1024 * 1024 + 1))):
        with pytest.raises(ContentRejected):
            await family.channel.fetch(reference)
    assert family.album.asked == []
    await family.stop()
