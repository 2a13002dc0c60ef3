import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.vk.adapter import VkCallback
from channels.vk.emulator import Fault, VkEmulator
from channels.vk.encode import RANDOM_IDS, encode, random_id
from channels.vk.failures import GENERAL, HTTP, MESSAGES, TABLE, Answer, receipt
from core.domain.keys import Keys
from core.domain.messages import Address, Button, ButtonKind, Buttons, Outbound, Receipt
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    SendFailure,
    TemporarilyUnavailable,
    UnsupportedContent,
)
from tests.channels.vk.harness import SECRET, TOKEN, USER

LINK = "https://pay.example.ru/p/7K2QM?a=1&b=2"
HIDE = ("секретное слово", str(USER), TOKEN)


def outbound(text: str = "Принято: 4711", **more: object) -> Outbound:
    values = {"to": Address("vk", str(USER)), "text": text, "idempotency_key": "1001"} | more
    return Outbound(**values)  # type: ignore[arg-type]


def rows_of(*lengths: int) -> Buttons:
    return tuple(
        tuple(Button(f"{row}-{place}", f"t:{row}.{place}") for place in range(n)) for row, n in enumerate(lengths)
    )


def keyboard_of(message: Outbound) -> dict[str, Any]:
    keyboard: dict[str, Any] = json.loads(encode(message).parameters["keyboard"])
    return keyboard


def labels(keyboard: dict[str, Any]) -> list[list[str]]:
    return [[button["action"]["label"] for button in row] for row in keyboard["buttons"]]


@pytest.fixture
async def channel(emulator: VkEmulator) -> AsyncIterator[VkCallback]:
    emulator.dialogues.open.add(str(USER))
    channel = VkCallback(emulator.settings())
    yield channel
    await channel.close()


def test_plain_message() -> None:
    """A message without buttons has no keyboard, so that VK leaves the last one in place, and no preview of links."""
    assert encode(outbound()).parameters == {
        "peer_id": str(USER),
        "message": "Принято: 4711",
        "random_id": "1002",
        "dont_parse_links": "1",
    }


def test_keyboard() -> None:
    """Buttons stay under the input field, carry their tokens in a payload, and the link has the last row."""
    buttons = ((Button("Да 👍", "confirm:7K2QM"), Button("Нет", "deny:7K2QM")), (), (Button("Меню", "menu"),))
    keyboard = keyboard_of(outbound(buttons=buttons, link=LINK, link_label="Оплатить"))
    assert (keyboard["one_time"], keyboard["inline"]) == (False, False)
    assert labels(keyboard) == [["Да 👍", "Нет"], ["Меню"], ["Оплатить"]]
    assert json.loads(keyboard["buttons"][0][0]["action"]["payload"]) == {"t": "confirm:7K2QM"}
    action = keyboard["buttons"][2][0]["action"]
    assert (action["type"], action["link"]) == ("open_link", LINK)


def test_link_without_a_label() -> None:
    """A link that nobody has named is called after its host."""
    assert labels(keyboard_of(outbound(link=LINK))) == [["pay.example.ru"]]


def test_link_where_no_row_is_left() -> None:
    """Under ten rows of buttons the link is the last button of the last row."""
    keyboard = keyboard_of(outbound(buttons=rows_of(*[1] * 10), link=LINK, link_label="Оплатить"))
    assert labels(keyboard)[-1] == ["9-0", "Оплатить"]
    assert len(keyboard["buttons"]) == 10


FITTING: dict[str, dict[str, object]] = {
    "forty_buttons": {"buttons": rows_of(*[5] * 8)},
    "ten_rows": {"buttons": rows_of(*[4] * 10)},
    "link_is_the_fortieth": {"buttons": rows_of(*[5] * 7, 4), "link": LINK},
    "long_label": {"buttons": ((Button("я" * 40, "t"),),)},
    "long_token": {"buttons": ((Button("Да", "x" * 64),),)},
    "escaped_token": {"buttons": ((Button("Да", '"' * 64),),)},
}


@pytest.mark.parametrize("name", list(FITTING))
async def test_at_the_limits(name: str, emulator: VkEmulator, channel: VkCallback) -> None:
    """VK, who counts for himself, takes what is just within our limits."""
    await channel.send(outbound(**FITTING[name]))
    assert len(emulator.sent) == 1


BEYOND: dict[str, dict[str, object]] = {
    "empty": {"text": " \n"},
    "too_long": {"text": "я" * 4097},
    "too_long_emoji": {"text": "👍" * 2049},
    "image": {"image": b"\x89PNG"},
    "chat": {"to": Address("vk", "2000000001")},
    "community": {"to": Address("vk", "-7")},
    "phone": {"to": Address("vk", "+79161234567")},
    "nobody": {"to": Address("vk", "0")},
    "key": {"idempotency_key": "a-1"},
    "superscript_key": {"idempotency_key": "²"},
    "forty_one_buttons": {"buttons": rows_of(5, 5, 5, 5, 5, 5, 5, 5, 1)},
    "link_is_one_too_many": {"buttons": rows_of(*[5] * 8), "link": LINK},
    "six_in_a_row": {"buttons": rows_of(6)},
    "eleven_rows": {"buttons": rows_of(*[1] * 11)},
    "no_place_for_the_link": {"buttons": rows_of(*[1] * 9, 5), "link": LINK},
    "no_label": {"buttons": ((Button(" ", "t"),),)},
    "long_label": {"buttons": ((Button("я" * 41, "t"),),)},
    "long_link_label": {"link": LINK, "link_label": "я" * 41},
    "no_token": {"buttons": ((Button("Да", ""),),)},
    "long_token": {"buttons": ((Button("Да", "x" * 65),),)},
    "cyrillic_token": {"buttons": ((Button("Да", "да"),),)},
    "contact": {"buttons": ((Button("Номер", "t", ButtonKind.CONTACT),),)},
    "script": {"link": "javascript:alert(1)"},
    "no_host": {"link": "https:///p"},
    "odd_link": {"link": "https://[::1"},
    "spaced_link": {"link": "https://pay.example.ru/a b"},
}


@pytest.mark.parametrize("name", list(BEYOND))
async def test_unsupported(name: str, emulator: VkEmulator, channel: VkCallback) -> None:
    """What VK would refuse is our mistake, before any call."""
    with pytest.raises(UnsupportedContent):
        await channel.send(outbound(**BEYOND[name]))  # type: ignore[arg-type]
    assert not emulator.methods


@settings(deadline=None)
@given(key=st.integers(min_value=1, max_value=2**63 - 1))
def test_random_id(key: int) -> None:
    """VK's key is a positive integer of 32 bits, the same for the same row, another one for the next 511 rows."""
    own = random_id(str(key))
    assert 0 < own < 2**31
    assert own == random_id(str(key))
    assert own not in {random_id(str(key + more)) for more in range(1, 512)}


def test_random_ids_of_a_batch() -> None:
    """No two messages of one batch, whose keys are made in one moment, have one `random_id`."""
    keys = Keys()
    now = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    ids = {random_id(str(keys.new(now))) for _ in range(1000)}
    assert len(ids) == 1000
    assert RANDOM_IDS == 2**31 - 1


def answer_of(body: object, status: int = 200) -> Answer:
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())


def error_of(code: object, words: str = "no") -> Answer:
    parameters = [{"key": "message", "value": HIDE[0]}, {"key": "access_token", "value": TOKEN}]
    return answer_of({"error": {"error_code": code, "error_msg": words, "request_params": parameters}})


def refusal(answer: Answer) -> SendFailure:
    with pytest.raises(SendFailure) as caught:
        receipt(answer, HIDE)
    return caught.value


@pytest.mark.parametrize("code", sorted(TABLE))
def test_table(code: int) -> None:
    """Each of VK's errors is the failure of the table, tells its number and reason, and repeats nothing of ours."""
    found = refusal(error_of(code, f"no, {HIDE[0]} for {USER}"))
    assert type(found) is TABLE[code].failure
    assert found.detail.startswith(f"{code}: {TABLE[code].reason}")
    assert not any(secret in found.detail for secret in HIDE)


def test_table_is_whole() -> None:
    """No code stands in both parts of the table; each wait belongs to `RateLimited`, and each of those has one."""
    assert not set(GENERAL) & set(MESSAGES)
    assert all((rule.wait > 0) is (rule.failure is RateLimited) for rule in TABLE.values())


def test_unknown_error(caplog: pytest.LogCaptureFixture) -> None:
    """An error that the table does not have is this message's, says that it is unknown, and is logged without words."""
    found = refusal(error_of(4242, "a new one"))
    assert isinstance(found, ContentRejected)
    assert (found.code, "do not know" in found.detail) == ("4242", True)
    assert caplog.messages == ["VK answered with the unknown error 4242"]


def test_pace() -> None:
    """Too many calls in a second pause the channel for one; a subscriber's flood control pauses nobody else."""
    found = refusal(error_of(6))
    assert isinstance(found, RateLimited)
    assert found.retry_after == 1.0
    assert isinstance(refusal(error_of(9)), TemporarilyUnavailable)


UNREADABLE: dict[str, tuple[Answer, type[SendFailure]]] = {
    "html": (answer_of(b"<html>"), OutcomeUnknown),
    "empty": (answer_of(b""), OutcomeUnknown),
    "list": (answer_of([1]), OutcomeUnknown),
    "no_response": (answer_of({"ok": 1}), OutcomeUnknown),
    "odd_response": (answer_of({"response": [{"peer_id": 1, "message_id": 2}]}), OutcomeUnknown),
    "true": (answer_of({"response": True}), OutcomeUnknown),
    "odd_error": (answer_of({"error": "no"}), OutcomeUnknown),
    "odd_code": (error_of("5"), OutcomeUnknown),
    "error_with_status": (Answer(401, error_of(5).body), Misconfigured),
    "response_with_status": (answer_of({"response": 7}, 500), OutcomeUnknown),
    "proxy": (answer_of(b"", 502), OutcomeUnknown),
    "redirect": (answer_of(b"", 302), Misconfigured),
    "unavailable": (answer_of(b"", 503), TemporarilyUnavailable),
    "too_large": (answer_of(b"", 413), ContentRejected),
    "unknown_status": (answer_of(b"", 451), ContentRejected),
    "no_such_page": (answer_of(b"", 404), Misconfigured),
    "too_many": (answer_of(b"", 429), RateLimited),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_not_vks_answer(name: str) -> None:
    """An answer that is not VK's own means what HTTP says; a success that cannot be read is in doubt."""
    answer, expected = UNREADABLE[name]
    assert type(refusal(answer)) is expected
    assert HTTP[503] is TemporarilyUnavailable


@pytest.mark.parametrize(("given", "seconds"), [("7", 7.0), ("", 5.0), ("soon", 5.0), ("99999999", 3600.0)])
def test_pause(given: str, seconds: float) -> None:
    """A proxy's pause is kept, within reason."""
    found = refusal(Answer(429, b"", given))
    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.BROKEN, Fault.HANG, Fault.GARBLED])
async def test_in_doubt(emulator: VkEmulator, fault: Fault) -> None:
    """A message that VK may have taken is in doubt, and sent again it is shown once, with the same number."""
    emulator.dialogues.open.add(str(USER))
    channel = VkCallback(emulator.settings(), total_seconds=0.3)
    emulator.fail(fault)
    with pytest.raises(OutcomeUnknown):
        await channel.send(outbound())
    assert await channel.send(outbound()) == await channel.send(outbound()) == Receipt("1")
    await channel.close()
    assert channel.capabilities.idempotent_send
    assert [shown.text for shown in emulator.shown(str(USER))] == ["Принято: 4711"]


async def test_token_is_in_the_body(
    emulator: VkEmulator, channel: VkCallback, caplog: pytest.LogCaptureFixture
) -> None:
    """The token travels in the form, so that no log of addresses has it; a client's debug lines have neither."""
    caplog.set_level(logging.DEBUG)
    await channel.send(outbound("секретное слово"))
    assert len(emulator.sent) == 1
    assert not any(secret in caplog.text for secret in (TOKEN, SECRET, "секретное слово"))


async def test_token_is_not_carried_elsewhere(emulator: VkEmulator, channel: VkCallback) -> None:
    """A redirection is not followed: it would give the token to whoever it names."""
    emulator.fail(Fault.MOVED)
    with pytest.raises(Misconfigured, match="another one"):
        await channel.send(outbound())
    assert emulator.methods == ["messages.send"]


async def test_no_token() -> None:
    """Without a token nothing is called."""
    channel = VkCallback(VkEmulator().settings(enabled=False, token=""))
    with pytest.raises(Misconfigured):
        await channel.send(outbound())
    await channel.close()
