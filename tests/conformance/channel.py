"""What every channel promises. A channel's suite subclasses `ChannelConformance` and gives it a `harness` fixture."""

import asyncio
import csv
import logging
import socket
import traceback
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.lengths import measure
from core.domain.messages import (
    Button,
    Capabilities,
    ChoiceMade,
    Decoded,
    DeliveryReported,
    Joined,
    Left,
    Outbound,
    PhotoReceived,
    RawRequest,
    TextReceived,
    TextUnit,
)
from core.ports.channel import (
    Channel,
    Decodes,
    Fetches,
    Misconfigured,
    OutcomeUnknown,
    SendFailure,
    TemporarilyUnavailable,
    UnsupportedContent,
)
from tests.conformance.harness import RECEIVED_AT, SENT_AT, Ability, Harness

TEXTS = {
    "cyrillic": "показания 1001234567 12345 4711",
    "emoji": "4711 👍🏽 спасибо 🙏",
    "line_breaks": "1001234567\n12345\n\n4711\n",
    "leading_zeros": "0001234567 00012345 004711",
    "spaces": "  1001234567   12345\t4711  ",
    "marks": "a&b=c+d%20 #1*2;<b>\"'\\/?",
    "gsm_extension": "{~}[€]^|\\",
}
PAIRS = {TextUnit.CHARACTERS: 1, TextUnit.UTF16: 2, TextUnit.BYTES: 4, TextUnit.SEGMENTS: 2}
UCS2_SINGLE, UCS2_PART = 70, 67
TICKS = 50
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""The harness serves all examples, and every channel's suite is another class that runs the same test."""
FEATURES = Path(__file__).parents[2] / "docs/channels/features.csv"


def text_of(capabilities: Capabilities, *, emoji: bool = False) -> str:
    """A Cyrillic text exactly at the channel's limit, with an emoji as its last character where asked for."""
    limit, unit = capabilities.text_limit, capabilities.text_unit
    letters = {TextUnit.BYTES: limit // 2, TextUnit.SEGMENTS: UCS2_SINGLE if limit == 1 else UCS2_PART * limit}
    count = letters.get(unit, limit)
    text = "я" * count
    if emoji:
        room = 1 if unit is TextUnit.CHARACTERS else 2
        text = "я" * (count - room) + "👍"
    assert measure(text, unit) == limit
    return text


def decoded(channel: Channel, request: RawRequest) -> Decoded:
    """What the channel makes of a request."""
    assert isinstance(channel, Decodes)
    return channel.decode(request)


def refused(answer: Decoded) -> bool:
    """Tell whether nothing was heard, the vendor was told so, and the log will be."""
    return not answer.events and 400 <= answer.answer.status < 500 and bool(answer.problem)


class ChannelLife:
    def test_name_is_folder(self, harness: Harness) -> None:
        """A channel is called as the folder of its code."""
        assert type(harness.channel).__module__.split(".")[1] == harness.channel.name

    def test_construction_is_quiet(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        """Constructing a channel makes no socket and needs no running loop."""

        def forbidden(*_: object, **__: object) -> None:
            raise AssertionError("a channel made a socket while it was constructed")

        with monkeypatch.context() as patch:
            patch.setattr(socket, "socket", forbidden)
            assert harness.build().name == harness.channel.name

    def test_capabilities_are_constant(self, harness: Harness) -> None:
        """Capabilities do not change while the channel lives."""
        assert harness.channel.capabilities == harness.build().capabilities == harness.channel.capabilities

    def test_features_are_told(self, harness: Harness) -> None:
        """docs/channels/features.csv says of the channel what its capabilities say."""
        with FEATURES.open(encoding="utf-8", newline="") as file:
            (row,) = [row for row in csv.DictReader(file) if row.pop("channel") == harness.channel.name]
        told = {name: str(value).lower() for name, value in asdict(harness.channel.capabilities).items()}
        assert row == told | dict.fromkeys(harness.varies, "varies")

    async def test_closes_twice(self, harness: Harness) -> None:
        """Closing is harmless before opening, after it, and twice."""
        channel = harness.build()
        await channel.close()
        await channel.open()
        await channel.open()
        await channel.close()
        await channel.close()

    async def test_unreachable_vendor(self, harness: Harness) -> None:
        """An absent vendor is no error when opening, and certainly took nothing when sending."""
        harness.needs(Ability.NETWORK)
        channel = harness.unreachable()
        await channel.open()
        with pytest.raises(TemporarilyUnavailable):
            await channel.send(harness.outbound())
        await channel.close()

    async def test_wrong_token(self, harness: Harness) -> None:
        """A wrong token is a matter for staff."""
        harness.needs(Ability.LOGIN)
        channel = harness.intruder()
        with pytest.raises(Misconfigured):
            await channel.send(harness.outbound())
        await channel.close()
        assert not harness.sent


class ChannelHearing:
    @pytest.mark.parametrize("name", list(TEXTS))
    def test_text_is_whole(self, harness: Harness, name: str) -> None:
        """A text arrives as it was typed, with its sender and the vendor's time."""
        harness.needs(Ability.HEARING)
        answer = decoded(harness.channel, harness.text(TEXTS[name]))
        (event,) = answer.events
        assert isinstance(event, TextReceived)
        assert (event.text, event.address, event.sent_at) == (TEXTS[name], harness.subscriber, SENT_AT)
        assert answer.answer.status == 200

    def test_same_delivery_has_same_id(self, harness: Harness) -> None:
        """A repeated delivery has the same event id, and another message another one."""
        harness.needs(Ability.HEARING)
        numbers = [1, 1, 2]
        ids = [decoded(harness.channel, harness.text("4711", number=number)).events[0].event_id for number in numbers]
        assert ids[0] == ids[1] != ids[2]
        assert all(0 < len(event_id) <= 200 for event_id in ids)

    def test_button_brings_token_back(self, harness: Harness) -> None:
        """A pressed button gives the very token that was sent."""
        harness.needs(Ability.HEARING, Ability.BUTTONS)
        (event,) = decoded(harness.channel, harness.press("confirm:7K2QM")).events
        assert isinstance(event, ChoiceMade)
        assert event.token == "confirm:7K2QM"

    def test_pictures_can_be_fetched(self, harness: Harness) -> None:
        """A channel that hears pictures can fetch them, so that bills' codes are found on all of them alike."""
        harness.needs(Ability.HEARING, Ability.PHOTOS)
        assert isinstance(harness.channel, Fetches)

    def test_photo_is_a_reference(self, harness: Harness) -> None:
        """A picture is a reference, and nothing is downloaded for it."""
        harness.needs(Ability.HEARING, Ability.PHOTOS)
        (event,) = decoded(harness.channel, harness.photo()).events
        assert isinstance(event, PhotoReceived)
        assert event.photo

    def test_joining_and_leaving(self, harness: Harness) -> None:
        """A subscriber who comes by a link brings its parameter, and one who leaves is noticed."""
        harness.needs(Ability.HEARING, Ability.JOINING)
        (joined,) = decoded(harness.channel, harness.joined("7K2QM")).events
        (left,) = decoded(harness.channel, harness.left()).events
        assert isinstance(joined, Joined)
        assert joined.start == "7K2QM"
        assert isinstance(left, Left)

    def test_delivery_report(self, harness: Harness) -> None:
        """A delivery report names our key."""
        harness.needs(Ability.HEARING, Ability.REPORTS)
        (event,) = decoded(harness.channel, harness.report("1001")).events
        assert isinstance(event, DeliveryReported)
        assert event.receipt_id == "1001"

    def test_unknown_event(self, harness: Harness) -> None:
        """An event that we do not know is answered with success, so that the vendor does not repeat it."""
        harness.needs(Ability.HEARING)
        answer = decoded(harness.channel, harness.unknown())
        assert (answer.events, answer.answer.status) == ((), 200)

    def test_echo(self, harness: Harness) -> None:
        """What we said ourselves is not heard."""
        harness.needs(Ability.HEARING, Ability.ECHO)
        answer = decoded(harness.channel, harness.echo())
        assert (answer.events, answer.answer.status) == ((), 200)

    def test_handshake(self, harness: Harness) -> None:
        """The vendor's handshake gets exactly the bytes it wants."""
        harness.needs(Ability.HEARING, Ability.HANDSHAKE)
        request, expected = harness.handshake()
        answer = decoded(harness.channel, request)
        assert (answer.answer.status, answer.answer.body, answer.events) == (200, expected, ())

    def test_garbage(self, harness: Harness) -> None:
        """What nobody can read is refused, never a fault of ours."""
        harness.needs(Ability.HEARING)
        requests = harness.garbage()
        assert requests
        assert all(refused(decoded(harness.channel, request)) for request in requests)

    def test_forgery(self, harness: Harness) -> None:
        """A missing, a wrong and a non-ASCII signature are refused alike."""
        harness.needs(Ability.HEARING, Ability.SIGNATURES)
        answers = [decoded(harness.channel, request) for request in harness.forged()]
        assert len(answers) >= 3
        assert all(refused(answer) for answer in answers)
        assert {answer.answer.status for answer in answers} <= {401, 403}

    @settings(max_examples=100, deadline=None, suppress_health_check=SHARED)
    @given(content=st.binary(max_size=200) | st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")))
    def test_any_bytes(self, harness: Harness, content: bytes) -> None:
        """Any bytes give an answer."""
        harness.needs(Ability.HEARING)
        assert 200 <= decoded(harness.channel, harness.sealed(content)).answer.status < 500


class ChannelSpeaking:
    async def test_receipt(self, harness: Harness) -> None:
        """A message goes out once, whole, and the receipt has the vendor's id where there is one."""
        receipt = await harness.channel.send(harness.outbound("Принято: 4711 👍"))
        assert list(harness.sent) == ["Принято: 4711 👍"]
        assert bool(receipt.vendor_id) is (Ability.VENDOR_IDS not in harness.cannot)

    @pytest.mark.parametrize("emoji", [False, True])
    async def test_limit_is_one_call(self, harness: Harness, emoji: bool) -> None:  # noqa: FBT001 - a parameter of pytest
        """A text at the limit is one call and arrives whole."""
        text = text_of(harness.channel.capabilities, emoji=emoji)
        await harness.channel.send(harness.outbound(text))
        assert list(harness.sent) == [text]

    async def test_beyond_the_limit(self, harness: Harness) -> None:
        """One unit more is two calls that cut no emoji, or refused before any call."""
        text = text_of(harness.channel.capabilities, emoji=True) + "я"
        if harness.splits:
            await harness.channel.send(harness.outbound(text))
            assert len(harness.sent) == 2
            assert "".join(harness.sent) == text
        else:
            with pytest.raises(UnsupportedContent):
                await harness.channel.send(harness.outbound(text))
            assert not harness.sent

    async def test_beyond_capabilities(self, harness: Harness) -> None:
        """What the channel says it cannot do is refused before any call."""
        capabilities, to = harness.channel.capabilities, harness.subscriber
        row = tuple(Button(f"{number}", f"{number}") for number in range(capabilities.buttons_per_row + 1))
        plain = {"to": to, "text": "Выберите", "idempotency_key": "1"}
        beyond: list[dict[str, object]] = [{"buttons": (row,) * (capabilities.button_rows + 1)}]
        if not capabilities.link_buttons:
            beyond.append({"link": "https://example.ru/pay"})
        if not capabilities.images_out:
            beyond.append({"image": b"\x89PNG"})
        for more in beyond:
            with pytest.raises(UnsupportedContent):
                await harness.channel.send(Outbound(**plain, **more))  # type: ignore[arg-type]
        assert not harness.sent

    async def test_failures(self, harness: Harness) -> None:
        """Each answer of the vendor becomes the failure that it means, with a detail for staff."""
        harness.needs(Ability.FAILURES)
        for failure in harness.failures:
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await harness.channel.send(harness.outbound())
            assert type(caught.value) is failure
            assert caught.value.detail

    def test_unreadable_success_is_scripted(self, harness: Harness) -> None:
        """A suite scripts an answer of success that cannot be read."""
        harness.needs(Ability.FAILURES)
        assert OutcomeUnknown in harness.failures

    async def test_key_is_stable(self, harness: Harness) -> None:
        """A repeated message gives the vendor the same key, another message another one."""
        harness.needs(Ability.VENDOR_KEYS)
        for key in ("1001", "1001", "1002"):
            await harness.channel.send(harness.outbound(key=key))
        first, second, third = harness.keys
        assert first == second != third

    async def test_slow_vendor(self, harness: Harness) -> None:
        """A slow vendor does not hold up the loop, and cancelling hangs up on him."""
        harness.needs(Ability.NETWORK)
        abandoned = harness.hang()
        sending = asyncio.create_task(harness.channel.send(harness.outbound()))
        ticks = 0
        async with asyncio.timeout(10):
            while not harness.sent or ticks < TICKS:
                await asyncio.sleep(0)
                ticks += 1
            assert not sending.done()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await abandoned.wait()


class ChannelQuiet:
    async def test_says_nothing_private(self, harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
        """No token, number or text stands in a log line, an exception, its traceback or a repr."""
        caplog.set_level(logging.DEBUG)
        text, private = "секретное слово 4711", (harness.subscriber.external_id, *harness.secrets)
        said = [repr(harness.channel), repr(harness.outbound(text))]
        for failure in harness.failures:
            harness.fail(failure)
            with pytest.raises(SendFailure) as caught:
                await harness.channel.send(harness.outbound(text))
            said += [repr(caught.value), caught.value.detail, "".join(traceback.format_exception(caught.value))]
        if Ability.HEARING not in harness.cannot:
            answers = [harness.text(text), *harness.garbage()]
            answers += [] if Ability.SIGNATURES in harness.cannot else harness.forged()
            for request in answers:
                answer = decoded(harness.channel, request)
                said += [repr(request), repr(answer), *(event.event_id for event in answer.events)]
        said += [record.getMessage() for record in caplog.records] + [caplog.text]
        for word in (text, *filter(None, private)):
            assert not [line for line in said if word in line]


class ChannelConformance(ChannelLife, ChannelHearing, ChannelSpeaking, ChannelQuiet):
    """The whole contract."""


__all__ = ["RECEIVED_AT", "ChannelConformance"]
