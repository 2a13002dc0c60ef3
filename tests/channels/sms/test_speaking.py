import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from channels.sms import Settings, create
from channels.sms.emulator import Fault, SmsEmulator
from channels.sms.encode import encode
from channels.sms.failures import COMMON, GENERIC, KANNEL, SMSGATE, TABLES, Answer, failure, receipt
from core.domain.messages import Address, Outbound, Receipt
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
from tests.channels.sms.harness import FAULTS, SENDER

HIDE = ("привет", SENDER)
ANSWERS: dict[str, tuple[str, int, bytes, type[SendFailure]]] = {
    "kannel_stranger": ("kannel", 403, b"Authorization failed for sendsms", Misconfigured),
    "kannel_no_route": ("kannel", 403, b"Not routable. Do not try again.", ContentRejected),
    "kannel_forbidden_by_proxy": ("kannel", 403, b"<html>", Misconfigured),
    "kannel_no_sender": ("kannel", 400, b"Sender missing and no global set, rejected", Misconfigured),
    "kannel_black_list": (
        "kannel",
        400,
        b"Number(s) has/have been denied by white- and/or black-lists.",
        RecipientUnavailable,
    ),
    "kannel_coding": ("kannel", 400, b"Coding field misformed, rejected", ContentRejected),
    "kannel_path": ("kannel", 404, b"Unknown request.", Misconfigured),
    "kannel_busy": ("kannel", 503, b"Temporal failure, try again later.", TemporarilyUnavailable),
    "kannel_sending_failed": ("kannel", 500, b"Sending failed.", TemporarilyUnavailable),
    "kannel_unreadable": ("kannel", 202, b"<html>", OutcomeUnknown),
    "kannel_empty": ("kannel", 200, b"", OutcomeUnknown),
    "generic_gone": ("generic", 410, b"", RecipientUnavailable),
    "generic_unprocessable": ("generic", 422, b'{"error":"text"}', ContentRejected),
    "generic_unreadable": ("generic", 200, b"<html>", OutcomeUnknown),
    "generic_list": ("generic", 200, b"[]", OutcomeUnknown),
    "generic_id_is_no_text": ("generic", 200, b'{"id":[7]}', OutcomeUnknown),
    "smsgate_stranger": ("smsgate", 401, b"", Misconfigured),
    "smsgate_refusal": ("smsgate", 400, b'{"message":"phoneNumbers is empty"}', ContentRejected),
    "smsgate_unreadable": ("smsgate", 202, b"{}", OutcomeUnknown),
    "limit": ("smsgate", 429, b"", RateLimited),
    "redirect": ("generic", 302, b"", Misconfigured),
    "proxy_gave_up": ("generic", 504, b"", OutcomeUnknown),
    "server_error": ("smsgate", 500, b"", OutcomeUnknown),
    "unknown": ("generic", 451, b"", ContentRejected),
}
TAKEN: dict[str, tuple[str, int, bytes, str]] = {
    "kannel": ("kannel", 202, b"0: Accepted for delivery", ""),
    "kannel_queued": ("kannel", 202, b"3: Queued for later delivery", ""),
    "generic_with_id": ("generic", 200, b'{"id":"g-1"}', "g-1"),
    "generic_without_id": ("generic", 201, b'{"queued":true}', "1001"),
    "generic_silent": ("generic", 204, b"", "1001"),
    "smsgate": ("smsgate", 202, b'{"id":"1001","state":"Pending"}', "1001"),
    "smsgate_duplicate": ("smsgate", 409, b'{"message":"duplicate id"}', "1001"),
}


def outbound(text: str = "Принято", **more: object) -> Outbound:
    values = {"to": Address("sms", SENDER), "text": text, "idempotency_key": "1001"} | more
    return Outbound(**values)  # type: ignore[arg-type]


def settings_of(gateway: str) -> Settings:
    """Settings of an emulator that nobody calls."""
    emulator = SmsEmulator()
    emulator.url = "http://127.0.0.1:9"
    return emulator.settings(gateway)


@pytest.fixture
async def emulator() -> AsyncIterator[SmsEmulator]:
    emulator = SmsEmulator(hooks="http://127.0.0.1:9/hooks/sms")
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.mark.parametrize("name", list(ANSWERS))
def test_refusals(name: str) -> None:
    """Each answer means the failure that the tables give it."""
    gateway, status, body, expected = ANSWERS[name]
    with pytest.raises(SendFailure) as caught:
        receipt(gateway, Answer(status, body), key="1001", hide=HIDE)
    assert type(caught.value) is expected
    assert str(status) in caught.value.detail


@pytest.mark.parametrize("name", list(TAKEN))
def test_receipts(name: str) -> None:
    """Each answer of success gives the vendor's id, or ours where the vendor took it for his."""
    gateway, status, body, vendor_id = TAKEN[name]
    assert receipt(gateway, Answer(status, body), key="1001", hide=HIDE) == Receipt(vendor_id)


def test_every_rule_counts() -> None:
    """Each row of each table is what an answer like it becomes: none is hidden by one above it."""
    for gateway, own in {"kannel": KANNEL, "generic": GENERIC, "smsgate": SMSGATE}.items():
        for rule in own:
            found = failure(gateway, Answer(rule.status, rule.words), ())
            assert type(found) is rule.failure
        assert TABLES[gateway][-len(COMMON) :] == COMMON


@pytest.mark.parametrize(
    ("given", "seconds"), [("7", 7.0), ("", 5.0), ("Sun, 22 Nov 2026 02:00:00 GMT", 5.0), ("99999999", 3600.0)]
)
def test_pause(given: str, seconds: float) -> None:
    """The pause is the vendor's, within reason."""
    found = failure("generic", Answer(429, b"", given), ())
    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


def test_unknown_status_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A status that no table has is told to the operator, without the vendor's words."""
    failure("generic", Answer(451, "привет".encode()), HIDE)
    assert caplog.messages == ["generic answered with the unknown status 451"]


@pytest.mark.parametrize(
    "more",
    [{"text": ""}, {"text": "я" * 135}, {"link": "https://example.ru"}, {"image": b"1"}, {"to": Address("sms", "900")}],
    ids=["empty", "too_long", "link", "image", "no_number"],
)
@pytest.mark.parametrize("gateway", ["kannel", "generic", "smsgate"])
def test_unsupported(gateway: str, more: dict[str, object]) -> None:
    """What an SMS cannot be is our mistake, before any call."""
    with pytest.raises(UnsupportedContent):
        encode(outbound(**more), settings_of(gateway))  # type: ignore[arg-type]


@pytest.mark.parametrize("gateway", ["kannel", "generic", "smsgate"])
async def test_nothing_set(gateway: str) -> None:
    """Without address and login, sending and probing say what to set."""
    channel = create(Settings.model_validate({"gateway": gateway}))
    with pytest.raises(Misconfigured):
        await channel.send(outbound())
    (advice,) = await channel.probe()
    assert f"[channels.sms.{gateway}]" in advice


def test_smsgate_id_and_expiry() -> None:
    """SMSGate gets our key as its id and drops what has expired; a key that it cannot take is refused."""
    settings = settings_of("smsgate")
    expires_at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    body = json.loads(encode(outbound(expires_at=expires_at), settings).body)
    assert (body["id"], body["validUntil"]) == ("1001", "2026-11-22T03:00:00.000+00:00")
    with pytest.raises(UnsupportedContent):
        encode(outbound(idempotency_key="k" * 37), settings)


async def test_kannel_coding(emulator: SmsEmulator) -> None:
    """Latin goes out in seven bits and Cyrillic in UCS-2: the emulator, like Kannel, spoils what is sent wrongly."""
    channel = create(emulator.settings("kannel"))
    for text in ("Accepted: {4711} €", "Принято 👍"):
        await channel.send(outbound(text))
    await channel.close()
    assert [(sms.text, sms.sender, sms.parts) for sms in emulator.sent] == [
        ("Accepted: {4711} €", "Meterline", 1),
        ("Принято 👍", "Meterline", 1),
    ]


@pytest.mark.parametrize("gateway", ["kannel", "generic", "smsgate"])
@pytest.mark.parametrize("fault", [Fault.RESET, Fault.BROKEN, Fault.HANG, Fault.GARBLED])
async def test_in_doubt(emulator: SmsEmulator, gateway: str, fault: Fault) -> None:
    """A message that the gateway may have taken is handed over once and reported as in doubt."""
    channel = type(create(Settings()))(emulator.settings(gateway), total_seconds=0.3)
    emulator.fail(fault)
    with pytest.raises(OutcomeUnknown):
        await channel.send(outbound())
    await channel.close()
    assert len(emulator.sent) <= 1


@pytest.mark.parametrize("gateway", ["generic", "smsgate"])
async def test_repeated_send(emulator: SmsEmulator, gateway: str) -> None:
    """Where sending is idempotent, a message in doubt may be sent again and goes out once."""
    channel = create(emulator.settings(gateway))
    assert channel.capabilities.idempotent_send
    emulator.fail(FAULTS[OutcomeUnknown])
    with pytest.raises(OutcomeUnknown):
        await channel.send(outbound())
    assert await channel.send(outbound()) == Receipt("1001")
    await channel.close()
    assert len(emulator.sent) == 1


@pytest.mark.parametrize("gateway", ["kannel", "generic", "smsgate"])
async def test_probe(emulator: SmsEmulator, gateway: str) -> None:
    """The probe finds the gateway, its absence and a wrong login, and never sends."""
    channel = create(emulator.settings(gateway))
    assert await channel.probe() == []
    wrong = emulator.settings(gateway).model_dump()
    for section in ("kannel", "smsgate"):
        wrong[section]["password"] = "wrong"
    wrong["generic"]["secret"] = "wrong"
    stranger = create(Settings.model_validate(wrong))
    (advice,) = await stranger.probe()
    assert "login" in advice
    await stranger.close()
    await emulator.stop()
    (advice,) = await channel.probe()
    assert "no connection" in advice
    await channel.close()
    assert not emulator.sent
