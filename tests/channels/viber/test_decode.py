import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.viber import Settings, create
from channels.viber.encode import PREFIX
from core.domain.messages import Button, Decoded, Greeting, RawRequest
from tests.channels.viber.harness import TOKEN, sealed

DATA = Path(__file__).parent / "data"
CASES = sorted(path.stem for path in DATA.glob("*.json"))
RECEIVED_AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OPEN = Settings.model_validate({"enabled": True, "token": TOKEN, "sender_name": "Энергосбыт"})
GREETINGS = {
    "ru": Greeting(text="Здравствуйте!", buttons=((Button("Передать <показания>", "send:1"),),)),
    "en": Greeting(text="Good day!"),
}
CHANNEL = create(OPEN, GREETINGS)
VECTORS = {
    "44b935abea139fd6-53fa53b32559c4a6-12dbd3d883b06835": (
        (
            b'{"event":"unsubscribed","timestamp":1516678387902,"user_id":"KMMqtlNTDxIm/5bZhdQ5uA==",'
            b'"message_token":5136431130449316903}'
        ),
        "d84d8648b402a2737838fea4da41d903d1af1aed92466b1758828ad27e31a9f9",
        ["unsubscribed:5136431130449316903"],
    ),
    "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3": (
        b'{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}',
        "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef",
        [],
    ),
}
"""Token, body and signature of real calls, as handlers/viber/handler_test.go of https://github.com/nyaruka/courier and
tests/api/test_api.py of https://github.com/Viber/viber-bot-python publish them."""


def case_of(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return case


def request_of(body: object) -> RawRequest:
    return sealed(json.dumps(body).encode())


def seen(answer: Decoded) -> dict[str, Any] | None:
    """The event in the words of the data files."""
    if not answer.events:
        return None
    (event,) = answer.events
    own = {name: getattr(event, name) for name in ("text", "token", "photo", "caption", "start", "what", "phone")
           if hasattr(event, name)}  # fmt: skip
    return own | {
        "type": type(event).__name__,
        "user": event.address.external_id,
        "sent_at": event.sent_at.isoformat(),
        "event_id": event.event_id,
    }


@pytest.mark.parametrize("name", CASES)
def test_payload(name: str) -> None:
    """Each payload in data/ means what its file says, and is never refused."""
    case = case_of(name)
    answer, expected = CHANNEL.decode(request_of(case["request"])), case["expect"]
    event, found = expected["event"], seen(answer)
    assert answer.answer.status == expected["status"] == 200
    assert (found is None) is (event is None)
    if event is not None and found is not None:
        assert found["event_id"].startswith(event.pop("id_prefix", ""))
        assert found == found | event
        assert set(found) - {"event_id"} == set(event) - {"event_id"}
    assert expected.get("problem", "") in answer.problem
    assert bool(answer.problem) is ("problem" in expected)
    if "greeting" in expected:
        assert json.loads(answer.answer.body)["text"] == expected["greeting"]
    else:
        assert answer.answer.body == b""


@pytest.mark.parametrize("name", CASES)
def test_raw_is_harmless(name: str) -> None:
    """What is kept of a payload is small, and no text, phone or name is in it."""
    for event in CHANNEL.decode(request_of(case_of(name)["request"])).events:
        assert set(event.raw) <= {"event", "token", "type"}
        assert all(len(value) <= 100 for value in event.raw.values())


@pytest.mark.parametrize("name", CASES)
def test_without_a_token_everything_is_refused(name: str) -> None:
    """A channel that has no token believes nobody, not even who signs with an empty one."""
    content = json.dumps(case_of(name)["request"]).encode()
    answer = create(Settings()).decode(sealed(content, token=""))
    assert (answer.events, answer.answer.status) == ((), 403)


@pytest.mark.parametrize("token", VECTORS)
@pytest.mark.parametrize("by", ["header", "query"])
def test_published_signatures(token: str, by: str) -> None:
    """The examples that Viber publishes are believed, by header and by query, and not with a bit changed."""
    body, signature, ids = VECTORS[token]
    channel = create(OPEN.model_copy(update={"token": Settings.model_validate({"token": token}).token}))
    good = RawRequest(
        method="POST",
        path="",
        query=f"sig={signature}".encode() if by == "query" else b"",
        headers={"x-viber-content-signature": signature} if by == "header" else {},
        body=body,
        received_at=RECEIVED_AT,
    )
    answer = channel.decode(good)
    assert [event.event_id for event in answer.events] == ids
    assert (answer.answer.status, answer.problem) == (200, "")
    assert channel.decode(replace(good, body=body.replace(b"e", b"E", 1))).answer.status == 403


def test_a_wrong_header_is_not_mended_by_the_query() -> None:
    """Where there is a header, the query is not asked."""
    good = request_of({"event": "webhook"})
    signature = good.headers["x-viber-content-signature"]
    forged = replace(good, headers={"x-viber-content-signature": "00"}, query=f"sig={signature}".encode())
    assert CHANNEL.decode(forged).answer.status == 403


def test_only_post_to_the_hook_itself() -> None:
    """Another method and another path are refused, although they are signed."""
    good = request_of({"event": "webhook"})
    assert CHANNEL.decode(replace(good, method="GET")).answer.status == 405
    assert CHANNEL.decode(replace(good, path="/other")).answer.status == 404
    assert CHANNEL.decode(replace(good, path="/")).answer.status == 200


def test_welcome_is_a_message_without_a_receiver() -> None:
    """The greeting answers `conversation_started` as JSON: sender, text and keyboard, and nothing that addresses."""
    answer = CHANNEL.decode(request_of(case_of("conversation_started")["request"])).answer
    assert answer.content_type == "application/json"
    assert json.loads(answer.body) == {
        "sender": {"name": "Энергосбыт"},
        "type": "text",
        "text": "Здравствуйте!",
        "keyboard": {
            "Type": "keyboard",
            "DefaultHeight": False,
            "Buttons": [
                {
                    "Columns": 6,
                    "Rows": 1,
                    "ActionType": "reply",
                    "ActionBody": f"{PREFIX}send:1",
                    "Text": "Передать &lt;показания&gt;",
                    "TextSize": "regular",
                    "Silent": True,
                }
            ],
        },
    }


def test_without_greetings_nothing_is_said() -> None:
    """A channel without greetings answers 200 with nothing, and the subscriber has joined all the same."""
    answer = create(OPEN).decode(request_of(case_of("conversation_started")["request"]))
    assert (answer.answer.status, answer.answer.body, len(answer.events)) == (200, b"", 1)


words = st.text(max_size=20)
things = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
names = ["timestamp", "message_token", "user", "user_id", "sender", "message", "context", "desc"]
inner_names = ["id", "type", "text", "media", "language", "tracking_data"]
inner = st.dictionaries(st.sampled_from(inner_names), things | st.sampled_from(["text", "picture"]))


@given(
    kind=st.sampled_from(["message", "conversation_started", "subscribed", "unsubscribed", "failed"]) | things,
    body=st.dictionaries(st.sampled_from(names), inner | things),
)
def test_any_object_is_answered_with_success(kind: object, body: dict[str, object]) -> None:
    """Whatever object Viber signs, it is answered with 200: anything else would come again and again."""
    answer = CHANNEL.decode(request_of({"event": kind, **body}))
    assert answer.answer.status == 200
    for event in answer.events:
        assert 0 < len(event.event_id) <= 200
        assert event.address.external_id


def test_deep_nesting_is_answered() -> None:
    """A value nested as deep as JSON may be breaks nothing."""
    deep = b"[" * 900 + b"]" * 900
    for name in (b"message_token", b"timestamp", b"sender", b"message", b"event"):
        body = b'{"event":"message","sender":{"id":"A"},"message":{"type":"text","text":"1"},"%b":%b}' % (name, deep)
        assert CHANNEL.decode(sealed(body)).answer.status == 200
