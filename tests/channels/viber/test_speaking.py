import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.viber import Settings, create
from channels.viber.adapter import ViberChannel
from channels.viber.decode import Decoder
from channels.viber.emulator import Fault, ViberEmulator, rules
from channels.viber.emulator import callbacks as made
from channels.viber.encode import BUTTON_ROWS, COLUMNS, JSON_LIMIT, LABEL_LIMIT, encode, mark_of
from channels.viber.failures import HTTP, STATUSES, Answer, receipt
from core.domain.messages import Address, Button, ButtonKind, Buttons, ChoiceMade, Greeting, Outbound, Receipt
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
    UnsupportedContent,
)
from tests.channels.viber.harness import ANNA, TOKEN, request_of
from tests.conftest import FixedClock

SENT_AT = datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC)
HIDE = ("привет", ANNA, TOKEN)
MEANT: dict[type[SendFailure], list[int]] = {
    Misconfigured: [1, 2, 7, 8, 9, 10, 15, 23, 24],
    RecipientUnavailable: [5, 6, 11, 21],
    RateLimited: [12],
    ContentRejected: [3, 4, 13, 14, 16, 17, 18, 19, 20, 22, 99],
}
UNREADABLE = {
    "empty": b"",
    "page": b"<html>",
    "list": b"[]",
    "null": b"null",
    "no_status": b'{"message_token":1}',
    "status_is_text": b'{"status":"0"}',
    "status_is_true": b'{"status":false,"message_token":1}',
    "deep": b"[" * 5000,
}
LINK = "https://pay.example.ru/t/7K2QM?a=1&b=2"


def outbound(text: str = "Принято", **more: object) -> Outbound:
    values = {"to": Address("viber", ANNA), "text": text, "idempotency_key": "1001"} | more
    return Outbound(**values)  # type: ignore[arg-type]


def body_of(**more: object) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(encode(outbound(**more), "Энергосбыт"))  # type: ignore[arg-type]
    return body


@pytest.mark.parametrize("failure", MEANT)
def test_statuses(failure: type[SendFailure]) -> None:
    """Each status of Viber means one failure, whose detail has the number and a reason, and nothing private."""
    for status in MEANT[failure]:
        words = f"нет: привет {ANNA} {TOKEN} 79161234567"
        answer = Answer(200, json.dumps({"status": status, "status_message": words, "message_token": 1}).encode())
        with pytest.raises(SendFailure) as caught:
            receipt(answer, HIDE)
        assert type(caught.value) is failure
        assert caught.value.detail.startswith(f"{status}, ")
        assert not [word for word in (*HIDE, "79161234567") if word in caught.value.detail]
    assert {status for statuses in MEANT.values() for status in statuses} == {*STATUSES, 99}


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        *((status, rule.failure) for status, rule in HTTP.items()),
        (302, Misconfigured),
        (418, ContentRejected),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (204, OutcomeUnknown),
    ],
)
def test_http(status: int, failure: type[SendFailure]) -> None:
    """What stands before Viber and answers by HTTP's own statuses is understood as well."""
    with pytest.raises(SendFailure) as caught:
        receipt(Answer(status, b'{"status":0,"message_token":1}'), HIDE)
    assert type(caught.value) is failure
    assert str(status) in caught.value.detail


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(name: str) -> None:
    """A success that says nothing readable leaves the message in doubt."""
    with pytest.raises(OutcomeUnknown):
        receipt(Answer(200, UNREADABLE[name]), HIDE)


@pytest.mark.parametrize(
    ("token", "vendor_id"), [("5741311803571721087", "5741311803571721087"), ('"17"', "17"), ("null", ""), ("[]", "")]
)
def test_receipts(token: str, vendor_id: str) -> None:
    """The receipt has all 64 bits of the token, and a success without one is a success."""
    answer = Answer(200, b'{"status":0,"status_message":"ok","message_token":%b}' % token.encode())
    assert receipt(answer, HIDE) == Receipt(vendor_id)


@pytest.mark.parametrize(
    ("status", "given", "seconds"), [(200, "", 30.0), (429, "7", 7.0), (429, "tomorrow", 30.0), (429, "9" * 9, 3600.0)]
)
def test_pause(status: int, given: str, seconds: float) -> None:
    """The pause is the one that was asked for, within reason; Viber itself asks for none."""
    with pytest.raises(RateLimited) as caught:
        receipt(Answer(status, b'{"status":12}', given), HIDE)
    assert caught.value.retry_after == seconds


def test_an_unknown_status_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A status that no table has is refused content, said to be unknown, and logged without the vendor's words."""
    with pytest.raises(ContentRejected, match="99, a status that is unknown to us"):
        receipt(Answer(200, '{"status":99,"status_message":"привет"}'.encode()), HIDE)
    assert caplog.messages == ["Viber answered with the unknown status 99"]


def test_plain_message() -> None:
    """A message names its receiver and sender, and neither a picture, a keyboard nor a version."""
    assert body_of() == {
        "receiver": ANNA,
        "sender": {"name": "Энергосбыт"},
        "type": "text",
        "text": "Принято",
    }


@pytest.mark.parametrize(
    ("count", "widths"),
    [(1, [6]), (2, [3, 3]), (3, [2, 2, 2]), (4, [2, 2, 1, 1]), (5, [2, 1, 1, 1, 1]), (6, [1] * 6)],
)
def test_rows_fill_the_grid(count: int, widths: list[int]) -> None:
    """However many buttons a row has, they fill six columns, so that the next row begins a new line."""
    row = tuple(Button(f"{number}", f"n:{number}") for number in range(count))
    buttons = body_of(buttons=(row, row))["keyboard"]["Buttons"]
    assert [button["Columns"] for button in buttons] == widths * 2
    assert [len(line) for line in rules.layout(buttons)] == [count, count]


def test_link_button() -> None:
    """A link is a button of its own row under the others, and leaves a mark for when it is pressed."""
    body = body_of(buttons=((Button("Меню", "menu"),),), link=LINK, link_label="Оплатить <750 ₽>")
    choice, link = body["keyboard"]["Buttons"]
    assert (choice["ActionType"], link["ActionType"]) == ("reply", "open-url")
    assert (link["Columns"], link["ActionBody"], link["Text"]) == (6, LINK, "Оплатить &lt;750 ₽&gt;")
    assert body["tracking_data"] == mark_of(LINK)
    assert body_of(link=LINK)["keyboard"]["Buttons"][0]["Text"] == "pay.example.ru"


UNSUPPORTED: dict[str, dict[str, object]] = {
    "empty": {"text": ""},
    "blank": {"text": " \n "},
    "too_long": {"text": "я" * 7001},
    "too_long_in_utf16": {"text": "👍" * 3501},
    "too_many_bytes": {"text": "\x01" * 6000},
    "image": {"image": b"\x89PNG"},
    "too_many_rows": {"buttons": ((Button("1", "1"),),) * (BUTTON_ROWS + 1)},
    "row_too_long": {"buttons": ((Button("1", "1"),) * (COLUMNS + 1),)},
    "empty_row": {"buttons": ((),)},
    "label_too_long": {"buttons": ((Button("я" * (LABEL_LIMIT + 1), "1"),),)},
    "no_label": {"buttons": ((Button("", "1"),),)},
    "token_too_long": {"buttons": ((Button("1", "1" * 65),),)},
    "token_with_space": {"buttons": ((Button("1", "a b"),),)},
    "contact": {"buttons": ((Button("Номер", "1", ButtonKind.CONTACT),),)},
    "link_is_no_address": {"link": "pay.example.ru"},
    "link_of_another_kind": {"link": "viber://pay"},
    "link_not_ascii": {"link": "https://оплата.рф"},
    "link_too_long": {"link": "https://example.ru/" + "a" * 2000},
    "link_label_too_long": {"link": LINK, "link_label": "я" * (LABEL_LIMIT + 1)},
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported(name: str) -> None:
    """What Viber would refuse, or would not show, is our mistake before any call."""
    with pytest.raises(UnsupportedContent):
        encode(outbound(**UNSUPPORTED[name]), "Энергосбыт")  # type: ignore[arg-type]


def test_greeting_beyond_the_limits() -> None:
    """A greeting that cannot be said is a mistake when the channel is made, not when somebody joins."""
    with pytest.raises(UnsupportedContent):
        create(Settings(), {"ru": Greeting(text="я" * 7001)})


letters = st.text(min_size=1, max_size=LABEL_LIMIT)
tokens = st.from_regex(r"[A-Za-z0-9:._-]{1,64}", fullmatch=True)
choices = st.builds(Button, letters, tokens, kind=st.just(ButtonKind.CHOICE))
keyboards = st.lists(st.lists(choices, min_size=1, max_size=COLUMNS), max_size=BUTTON_ROWS)


@given(text=st.text(min_size=1, max_size=200).filter(str.strip), rows=keyboards, link=st.sampled_from(["", LINK]))
def test_whatever_is_sent_is_taken_and_comes_back(text: str, rows: list[list[Button]], link: str) -> None:
    """Any message within the capabilities passes Viber's rules, is shown as meant, and each press gives its token."""
    buttons: Buttons = tuple(map(tuple, rows))
    content = encode(outbound(text, buttons=buttons, link=link), "Энергосбыт")
    body = json.loads(content)
    assert len(content) <= JSON_LIMIT
    assert rules.refusal(body) is None
    shown = rules.shown(body, is_last=True)
    assert shown.text == text.encode("utf-8", "replace").decode()
    assert [len(row) for row in shown.rows] == [len(row) for row in buttons]
    assert shown.link == link
    decoder = Decoder("viber", TOKEN, {})
    pressed = []
    for key in rules.keys(body):
        said = {"type": "text", "text": key["ActionBody"], "tracking_data": body.get("tracking_data")}
        pressed += decoder.decode(request_of(made.message(ANNA, said, 1, SENT_AT))).events
    sent = [button.token for row in buttons for button in row]
    assert [event.token for event in pressed if isinstance(event, ChoiceMade)] == sent
    assert len(pressed) == len(sent)


@pytest.mark.parametrize("label", ["<b>Да</b> & нет", "a < b > c", "&amp;", "«Да»", "'\"", "👍🏽"])
def test_labels_are_no_html(label: str) -> None:
    """A label is shown letter for letter, whatever it looks like in HTML."""
    shown = rules.shown(body_of(buttons=((Button(label, "1"),),)), is_last=True)
    assert shown.rows == ((label,),)


@pytest.mark.parametrize("status", [status for status in STATUSES if status != 1])
async def test_every_status_by_wire(emulator: ViberEmulator, status: int) -> None:
    """Each of Viber's statuses comes through the wire as the failure of its row."""
    channel = create(emulator.settings())
    emulator.fail(status)
    with pytest.raises(STATUSES[status].failure, match=f"^{status}, "):
        await channel.send(outbound())
    await channel.close()


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.BROKEN, Fault.HANG, Fault.GARBLED])
async def test_in_doubt(emulator: ViberEmulator, fault: Fault) -> None:
    """A message that Viber may have taken is handed over once and reported as in doubt."""
    emulator.hooks = "http://127.0.0.1:9/hooks/viber"
    emulator.chat(ANNA).is_subscribed = True
    channel = ViberChannel(emulator.settings(), {}, total_seconds=0.3)
    emulator.fail(fault)
    with pytest.raises(OutcomeUnknown):
        await channel.send(outbound())
    await channel.close()
    assert len(emulator.sent) == (fault is not Fault.BROKEN)


async def test_certainly_not_taken(emulator: ViberEmulator) -> None:
    """503 says that the message was not taken, 429 how long to wait."""
    channel = create(emulator.settings())
    emulator.fail(Fault.UNAVAILABLE)
    with pytest.raises(TemporarilyUnavailable):
        await channel.send(outbound())
    emulator.fail(Fault.LIMITED)
    with pytest.raises(RateLimited) as caught:
        await channel.send(outbound())
    assert caught.value.retry_after == 7
    await channel.close()


async def test_a_hundred_without_a_reply(emulator: ViberEmulator, clock: FixedClock) -> None:
    """The hundred-and-first message within an hour to one who does not reply is one too many; a reply begins anew."""
    emulator.hooks = "http://127.0.0.1:9/hooks/viber"
    emulator.chat(ANNA).is_subscribed = True
    channel = create(emulator.settings())
    for _ in range(100):
        await channel.send(outbound())
    with pytest.raises(RateLimited):
        await channel.send(outbound())
    clock.advance(hours=1)
    await channel.send(outbound())
    await channel.close()
    assert len(emulator.sent) == 101
