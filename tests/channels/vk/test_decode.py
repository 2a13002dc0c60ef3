import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.vk import Settings, create
from channels.vk.adapter import VkCallback, VkLongPoll
from core.domain.messages import (
    ChoiceMade,
    Decoded,
    Event,
    Joined,
    OtherReceived,
    PhotoReceived,
    TextReceived,
    photo_read_id,
)
from tests.channels.vk.harness import CONFIRMATION, GROUP_ID, SECRET, USER, posted, told
from tests.conformance.harness import RECEIVED_AT

DATA = Path(__file__).parent / "data"
CASES = sorted(path.stem for path in DATA.glob("*.json"))
SETTINGS = Settings.model_validate({"group_id": GROUP_ID, "secret": SECRET, "confirmation": CONFIRMATION})
CHANNEL = VkCallback(SETTINGS)
WORDS: dict[type[Event], tuple[str, ...]] = {
    TextReceived: ("text",),
    ChoiceMade: ("token",),
    Joined: ("start",),
    PhotoReceived: ("photo", "caption"),
    OtherReceived: ("what",),
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("date", "from_id", "peer_id", "user_id", "text", "payload", "ref", "attachments", "out", "key", "geo", "id")


def case_of(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return case


def seen(event: Event) -> dict[str, Any]:
    """The event in the words of the data files."""
    common = {
        "type": type(event).__name__,
        "event_id": event.event_id,
        "user": event.address.external_id,
        "sent_at": event.sent_at.isoformat(),
    }
    return common | {name: getattr(event, name) for name in WORDS.get(type(event), ())}


@pytest.mark.parametrize("name", CASES)
def test_payload(name: str) -> None:
    """Each update in data/ means what its file says, and gets exactly the answer that VK wants."""
    case = case_of(name)
    answer, expected = CHANNEL.decode(posted(case["update"])), case["expect"]
    assert (answer.answer.status, answer.answer.body.decode()) == (expected["status"], expected["body"])
    assert expected.get("problem", "") in answer.problem
    assert bool(answer.problem) is ("problem" in expected)
    assert len(answer.events) == len(expected["events"])
    for event, wanted in zip(map(seen, answer.events), expected["events"], strict=True):
        prefix = wanted.pop("id_prefix", "")
        assert event == {"event_id": event["event_id"]} | wanted
        assert event["event_id"].startswith(prefix)
        assert len(event["event_id"]) <= 200


@pytest.mark.parametrize("name", CASES)
def test_no_answer_is_a_subscribers_word(name: str) -> None:
    """Whatever is said to us, VK hears `ok` or the confirmation string: `remove` would delete our server there."""
    assert CHANNEL.decode(posted(case_of(name)["update"])).answer.body in {b"ok", CONFIRMATION.encode(), b""}


@pytest.mark.parametrize("name", CASES)
def test_storable(name: str) -> None:
    """Nothing that an event carries is refused by a database."""
    for event in CHANNEL.decode(posted(case_of(name)["update"])).events:
        told_words = "".join([*map(str, seen(event).values()), *event.raw.values()])
        assert "\x00" not in told_words
        assert told_words.encode()


@pytest.mark.parametrize("name", CASES)
def test_unset_secret_refuses_everything(name: str) -> None:
    """Without a secret nothing is heard, not even with an empty one, and no confirmation is given."""
    channel = VkCallback(Settings(group_id=GROUP_ID))
    for secret in ("", SECRET):
        answer = channel.decode(posted({**case_of(name)["update"], "secret": secret}))
        assert (answer.events, answer.answer.status) == ((), 403)


@pytest.mark.parametrize("counter", ["1", "7", "many"])
def test_repeated_callbacks_are_heard(counter: str) -> None:
    """A repeated callback is heard like the first: perhaps the first was not stored."""
    request = posted(case_of("message_new_text")["update"])
    repeated = replace(request, headers={**request.headers, "x-retry-counter": counter})
    assert CHANNEL.decode(repeated) == CHANNEL.decode(request)
    assert CHANNEL.decode(request).events


@pytest.mark.parametrize("more", [{"method": "GET"}, {"method": "PUT"}, {"path": "/other"}], ids=["get", "put", "path"])
def test_other_requests(more: dict[str, str]) -> None:
    """VK posts to one address; whatever else comes there is not his."""
    request = replace(posted(case_of("message_new_text")["update"]), **more)  # type: ignore[arg-type]
    assert CHANNEL.decode(request).answer.status == 404


def test_an_update_without_id_repeats_alike() -> None:
    """Where VK gives no id, the same update has the same one all the same, and another update another."""
    update = case_of("no_event_id")["update"]
    ids = [CHANNEL.decode(posted(one)).events[0].event_id for one in (update, {**update}, {**update, "v": "5.200"})]
    assert ids[0] == ids[1] != ids[2]


def test_an_id_leaves_room() -> None:
    """The longest id that is kept as it is fits the database with all that is put around it; a longer one is hashed."""
    update = case_of("message_new_photos")["update"]
    longest, longer = (CHANNEL.decode(posted({**update, "event_id": "e" * length})).events for length in (180, 181))
    assert [event.event_id for event in longest] == ["e" * 180, "e" * 180 + ":2"]
    assert all(len(photo_read_id(event.event_id)) <= 200 for event in (*longest, *longer))
    assert longer[0].event_id.startswith("#")


def test_raw_has_no_secret_and_no_text() -> None:
    """The history keeps which message it was, not what stands in it, nor VK's secret."""
    (event,) = CHANNEL.decode(posted(case_of("message_new_text")["update"])).events
    assert event.raw["type"] == "message_new"
    assert event.raw["conversation_message_id"] == "17"
    assert not any("показания" in value or SECRET in value for value in event.raw.values())


def test_what_it_hears_by_is_set() -> None:
    """A channel that polls has no hook, and one with a hook does not poll."""
    assert isinstance(create(SETTINGS), VkCallback)
    polling = create(SETTINGS.model_copy(update={"mode": "longpoll"}))
    assert isinstance(polling, VkLongPoll)
    assert not hasattr(polling, "decode")
    assert not hasattr(create(SETTINGS), "poll")


@settings(deadline=None)
@given(
    kind=st.sampled_from(["message_new", "message_event", "message_allow", "message_deny", "message_reply"]),
    content=st.dictionaries(st.sampled_from(NAMES), VALUES),
    is_nested=st.booleans(),
)
def test_any_object(kind: str, content: dict[str, Any], is_nested: bool) -> None:  # noqa: FBT001 - Hypothesis names it
    """An update that comes from VK is answered with `ok`, whatever stands in it: VK would repeat it for ever."""
    answer = CHANNEL.decode(posted(told(kind, {"message": content} if is_nested else content)))
    assert (answer.answer.status, answer.answer.body) == (200, b"ok")


@settings(deadline=None)
@given(content=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_a_message_to_us_is_never_lost(content: dict[str, Any]) -> None:
    """Whatever else a message in a dialogue holds, it is an event, and that of its sender."""
    message = content | {"from_id": USER, "peer_id": USER, "out": 0}
    events = CHANNEL.decode(posted(told("message_new", {"message": message}))).events
    assert events
    assert {event.address.external_id for event in events} == {str(USER)}
    assert all(event.sent_at.tzinfo is UTC for event in events)
    assert len({event.event_id for event in events}) == len(events)


@settings(deadline=None)
@given(update=st.dictionaries(st.sampled_from(["type", "group_id", "event_id", "v", "object", "secret"]), VALUES))
def test_any_envelope(update: dict[str, Any]) -> None:
    """Strangers' objects are refused, never a fault of ours."""
    answer: Decoded = CHANNEL.decode(posted(update))
    assert (answer.events, answer.answer.status) == ((), 403)


def test_times_are_vks() -> None:
    """`date` is seconds in UTC."""
    (event,) = CHANNEL.decode(posted(case_of("message_new_text")["update"])).events
    assert event.sent_at == datetime(2026, 11, 22, 1, 59, 30, tzinfo=UTC) != RECEIVED_AT
