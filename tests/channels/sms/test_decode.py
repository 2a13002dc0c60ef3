import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms import Settings, create
from channels.toolkit.signatures import hmac_sha256
from core.domain.messages import Decoded, DeliveryReported, RawRequest, TextReceived

DATA = Path(__file__).parent / "data"
CASES = sorted(path.stem for path in DATA.glob("*.json"))
RECEIVED_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SECRET = "s3cret"
OPEN = Settings.model_validate(
    {
        "own_numbers": ["8 999 000-00-00", "1234"],
        "kannel": {"secret": SECRET},
        "generic": {"secret": SECRET},
        "smsgate": {"signing_key": SECRET},
    }
)
CHANNEL = create(OPEN)


def request_of(case: dict[str, Any]) -> RawRequest:
    """The request of a data file; an SMSGate one is signed as the file says."""
    body = json.dumps(case["json"]) if "json" in case else case.get("body", "")
    headers = dict(case.get("headers", {}))
    after = case.get("signed_seconds_after_arrival")
    if after is not None:
        headers["x-timestamp"] = str(int((RECEIVED_AT + timedelta(seconds=after)).timestamp()))
        message = (body + headers["x-timestamp"]).encode()
        headers["x-signature"] = hmac_sha256(case.get("key", SECRET).encode(), message)
    return RawRequest(
        method=case["method"],
        path=case["path"],
        query=case.get("query", "").encode(),
        headers=headers,
        body=body.encode(),
        received_at=RECEIVED_AT,
    )


def seen(answer: Decoded) -> dict[str, Any] | None:
    """The event in the words of the data files."""
    if not answer.events:
        return None
    (event,) = answer.events
    common = {
        "type": type(event).__name__,
        "number": event.address.external_id,
        "sent_at": event.sent_at.isoformat(),
        "event_id": event.event_id,
    }
    if isinstance(event, TextReceived):
        return common | {"text": event.text}
    assert isinstance(event, DeliveryReported)
    return common | {"receipt_id": event.receipt_id, "delivery": event.delivery.value, "detail": event.detail}


@pytest.mark.parametrize("name", CASES)
def test_payload(name: str) -> None:
    """Each payload in data/ means what its file says."""
    case = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    answer, expected = CHANNEL.decode(request_of(case["request"])), case["expect"]
    event, found = expected["event"], seen(answer)
    assert answer.answer.status == expected["status"]
    assert answer.answer.body.decode() == expected.get("body", answer.answer.body.decode())
    assert (found is None) is (event is None)
    if event is not None and found is not None:
        assert found["event_id"].startswith(event.pop("id_prefix", ""))
        assert found == found | event
        assert len(found["event_id"]) <= 200
    assert expected.get("problem", "") in answer.problem
    assert bool(answer.problem) is ("problem" in expected)


@pytest.mark.parametrize("name", CASES)
def test_unset_secret_refuses_everything(name: str) -> None:
    """Without a secret nothing is heard, not even with an empty one."""
    case = json.loads((DATA / f"{name}.json").read_text("utf-8"))["request"]
    request = request_of({**case, "key": ""} if case.get("key") is None else case)
    answer = create(Settings()).decode(request)
    assert answer.events == ()
    assert answer.answer.status in {403, 404}
    no_secret = replace(request, query=request.query.replace(b"s3cret", b""), headers={})
    assert create(Settings()).decode(no_secret).answer.status in {403, 404}


@pytest.mark.parametrize("name", CASES)
def test_raw_has_no_secret(name: str) -> None:
    """What is kept of a payload is small, and neither secret nor text is in it."""
    case = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    for event in CHANNEL.decode(request_of(case["request"])).events:
        kept = json.dumps(dict(event.raw))
        assert SECRET not in kept
        assert len(kept) < 1000
        assert event.raw["gateway"] == name.split("_", maxsplit=1)[0]


def test_own_id_is_stable_and_tells_messages_apart() -> None:
    """Without Kannel's id, a repeated SMS has the same event id and any other SMS another one."""
    base = b"secret=s3cret&from=%2B79161234567&to=1234&text=4711&ts=1795312770"
    others = [base.replace(b"4711", b"4712"), base.replace(b"770", b"771"), base.replace(b"4567", b"4568")]
    ids = [
        CHANNEL.decode(RawRequest(method="GET", path="/kannel", query=query, received_at=moment)).events[0].event_id
        for query, moment in [
            (base, RECEIVED_AT),
            (base, RECEIVED_AT + timedelta(hours=1)),
            *((query, RECEIVED_AT) for query in others),
        ]
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


words = st.text(max_size=30)
pairs = st.dictionaries(st.sampled_from(["id", "from", "to", "text", "sent_at", "event", "payload"]), words | st.none())


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "", "\x00"]),
    path=st.sampled_from(["", "/", "/kannel", "/kannel/dlr", "/generic", "/smsgate"]) | words,
    query=st.binary(max_size=120)
    | st.binary(max_size=120).map(lambda query: b"secret=s3cret&from=+79161234567&" + query),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "x-meterline-secret", "x-signature", "x-timestamp"]),
        words | st.sampled_from(["s3cret", "application/json", "1795312770"]),
    ),
    body=st.binary(max_size=120) | pairs.map(lambda body: json.dumps(body).encode()),
)
def test_any_request(method: str, path: str, query: bytes, headers: dict[str, str], body: bytes) -> None:
    """Any request gives an answer below 500, and a refusal says why."""
    request = RawRequest(method=method, path=path, query=query, headers=headers, body=body, received_at=RECEIVED_AT)
    answer = CHANNEL.decode(request)
    assert 200 <= answer.answer.status < 500
    assert answer.events or answer.problem
