"""Whatever subscribers do, in whatever order: the dialogue answers, and its promises hold."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.lengths import segments
from core.services.dialogue.engine import STEPS
from core.services.dialogue.talk import MENU
from tests.services.dialogue.chat import Chat, listed
from tests.services.dialogue.walking import ACTIONS, HOUSEHOLDS, act


@given(
    st.sampled_from(HOUSEHOLDS),
    st.sampled_from(["chat", "sms"]),
    st.sampled_from(["known", "stranger"]),
    st.lists(ACTIONS, min_size=1, max_size=25),
)
@settings(max_examples=400, deadline=None)
def test_no_way_through_the_dialogue_breaks_it(
    names: tuple[str, ...], channel: str, who: str, actions: list[tuple[str, object]]
) -> None:
    """Every message is answered, in what its channel can carry; nothing of others is told; no list is cut."""
    chat = Chat(*names, channel=channel, known=who == "known")
    typed: set[str] = set()
    chat.say("меню")
    for kind, what in actions:
        typed |= set(re.findall(r"\d+", str(what))) if kind == "say" else set()
        if act(chat, kind, what):
            _check(chat, typed)


def _check(chat: Chat, typed: set[str]) -> None:
    decision, dialogue = chat.decision, chat.dialogue
    assert decision.code
    assert decision.reply
    if chat.address.channel == "sms":
        assert 1 <= segments(decision.reply) <= 2, decision.reply
        assert "..." not in decision.reply
        numbered = listed(decision.reply)
        if numbered:
            assert dialogue is not None, decision.reply
            assert numbered == [(str(n), label) for n, (label, _) in enumerate(dialogue.offered, 1)], decision.reply
            assert dialogue.data.get("numbered")
    else:
        assert decision.buttons, decision.reply
        assert len(chat.labels) == len(set(chat.labels))
        assert len(decision.buttons) <= chat.capabilities.button_rows
        assert all(len(row) <= chat.capabilities.buttons_per_row for row in decision.buttons)
    assert dialogue is None or dialogue.step in {*STEPS, MENU, "settings", "operator", "resume"}
    _check_private(chat, typed)


def _check_private(chat: Chat, typed: set[str]) -> None:
    """Nothing of an account that is neither linked nor of this phone, but what the subscriber has typed."""
    own = {link.account_id for link in chat.facts.links.get(chat.address, ())}
    secrets: dict[bool, set[str]] = {True: set(), False: set()}
    for account in chat.facts.account_by_id.values():
        mine = account.id in own or (chat.address.channel == "sms" and account.phone == chat.address.external_id)
        meters = chat.facts.meters[account.id]
        secrets[mine] |= {account.number, account.bill_code, *(meter.serial for meter in meters)}
        secrets[mine] |= {str(value) for meter in meters for value in meter.billed}
    shown = set(re.findall(r"\w+", f"{chat.reply} {' '.join(chat.labels)}"))
    forbidden = secrets[False] - secrets[True] - typed
    left = {str(value) for value in (10, 15, 0)}
    assert not shown & forbidden - left, chat.reply
