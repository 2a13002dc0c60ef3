import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiogram.enums import ContentType
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.telegram import Settings, create
from channels.telegram.decode import KINDS, OTHER, Decoder
from core.domain.messages import Address, Event, RawAnswer
from tests.channels.telegram.harness import SECRET, TOKEN, brought, posted
from tests.conformance.harness import RECEIVED_AT

DATA = Path(__file__).parent / "data"
CASES = sorted(path.stem for path in DATA.glob("*.json"))
OPEN = Settings.model_validate({"token": TOKEN, "webhook_secret": SECRET})
CHANNEL = create(OPEN)
DECODER = Decoder("telegram", OPEN)
READ = {"text", "contact", "photo", "live_photo"}
SERVICE = """
    new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title new_chat_photo delete_chat_photo
    group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id
    migrate_from_chat_id pinned_message successful_payment refunded_payment users_shared user_shared chat_shared gift
    unique_gift gift_upgrade_sent connected_website write_access_allowed passport_data proximity_alert_triggered
    boost_added chat_background_set checklist_tasks_done checklist_tasks_added direct_message_price_changed
    forum_topic_created forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden
    general_forum_topic_unhidden giveaway_created giveaway_completed managed_bot_created paid_message_price_changed
    poll_option_added poll_option_deleted suggested_post_approved suggested_post_approval_failed suggested_post_declined
    suggested_post_paid suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended
    video_chat_participants_invited community_chat_added community_chat_removed community_chat_joined
"""
"""What an app or Telegram itself writes into a chat without the subscriber saying anything."""


def case_of(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return case


def seen(event: Event | None) -> dict[str, Any] | None:
    """The event in the words of the data files."""
    if event is None:
        return None
    values = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    address: Address = values.pop("address")
    assert values.pop("raw")["update"] in KINDS
    return {
        **values,
        "type": type(event).__name__,
        "subscriber": address.external_id,
        "sent_at": event.sent_at.isoformat(),
    }


@pytest.mark.parametrize("name", CASES)
def test_payload(name: str) -> None:
    """Each update in data/ means what its file says, and is answered with success."""
    case = case_of(name)
    decoded = CHANNEL.decode(brought(case["update"], case["update"]["update_id"]))
    expected = case["expect"]
    assert seen(decoded.events[0] if decoded.events else None) == expected["event"]
    assert len(decoded.events) <= 1
    if "answer" in expected:
        assert json.loads(decoded.answer.body) == expected["answer"]
        assert (decoded.answer.status, decoded.answer.content_type) == (200, "application/json")
    else:
        assert decoded.answer == RawAnswer()
    assert expected.get("problem", "") in decoded.problem
    assert bool(decoded.problem) is ("problem" in expected)


@pytest.mark.parametrize("name", CASES)
def test_polling_hears_the_same(name: str) -> None:
    """Asked for or brought, an update is the same event, so that a change of mode repeats nothing."""
    update = case_of(name)["update"]
    heard = DECODER.read(update, RECEIVED_AT)
    assert (heard.event,) == (CHANNEL.decode(brought(update, update["update_id"])).events or (None,))


@pytest.mark.parametrize("name", CASES)
def test_raw_keeps_little(name: str) -> None:
    """What is kept of a payload is small and names nobody."""
    heard = DECODER.read(case_of(name)["update"], RECEIVED_AT)
    kept = json.dumps(dict(heard.event.raw)) if heard.event else ""
    assert len(kept) < 100
    assert not any(word in kept for word in ("5011223344", "4711", "Мария"))


def test_unset_secret_refuses_everything() -> None:
    """Without a secret nothing is heard, not even with an empty one."""
    channel = create(Settings())
    for given_secret in ("", SECRET):
        decoded = channel.decode(posted(b"{}", **{"x-telegram-bot-api-secret-token": given_secret}))
        assert (decoded.answer.status, decoded.events) == (403, ())


def test_another_bot_has_other_events() -> None:
    """Update ids are a bot's own: after a change of the token none is taken for a repetition."""
    other = create(Settings.model_validate({"token": "7999999999:AAx", "webhook_secret": SECRET}))
    request = brought(case_of("text")["update"])
    (ours,), (theirs,) = CHANNEL.decode(request).events, other.decode(request).events
    assert ours.event_id != theirs.event_id


def test_every_kind_of_content_is_known() -> None:
    """A new version of aiogram that knows more kinds of content makes us decide what to say to them."""
    known = READ | set(OTHER) | set(SERVICE.split())
    assert {kind.value for kind in ContentType} - {"unknown", "any"} == known


WORDS = """
    message callback_query my_chat_member update_id chat from id type date text contact photo data sticker user_id
    phone_number new_chat_member status file_id width height is_bot caption
"""
NAMES = st.sampled_from(WORDS.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["private", "kicked", "/start x", "79161234567", 1 << 70, 5011223344])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
MESSAGES = st.fixed_dictionaries(
    {"chat": st.fixed_dictionaries({"id": st.integers(), "type": st.just("private")}), "from": OBJECTS},
    optional={
        "id": st.text(max_size=5),
        "date": st.integers() | VALUES,
        "text": st.text(max_size=5) | VALUES,
        "contact": OBJECTS,
        "photo": st.lists(OBJECTS, max_size=2),
        "caption": VALUES,
        "data": st.text(max_size=5),
        "new_chat_member": st.just({"status": "kicked"}) | OBJECTS,
    },
)


@settings(deadline=None)
@given(
    update=st.dictionaries(NAMES, VALUES, max_size=6)
    | st.tuples(st.sampled_from(KINDS), MESSAGES).map(lambda pair: {"update_id": 1, pair[0]: pair[1]})
)
def test_any_update(update: dict[str, Any]) -> None:
    """Whatever stands in an authentic update, it is answered with success, so that Telegram does not repeat it."""
    decoded = CHANNEL.decode(posted(json.dumps(update).encode()))
    assert decoded.answer.status == 200
    for event in decoded.events:
        assert event.sent_at.tzinfo is UTC
        assert event.sent_at >= datetime(1970, 1, 1, tzinfo=UTC)
        json.dumps(seen(event), ensure_ascii=False).encode()
