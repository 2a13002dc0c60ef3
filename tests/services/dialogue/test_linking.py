"""Linking an account in the pure dialogue: what each step is called in the metrics, and what it asks for."""

import pytest

from tests.services.dialogue.chat import Chat

WAYS = [("sms", "code_sent", "СМС"), ("bill", "link", "квитанции")]


@pytest.mark.parametrize(("way", "code", "asked"), WAYS)
def test_the_way_of_proving_is_asked_for(way: str, code: str, asked: str) -> None:
    """Each way has its outcome, and its question; a wrong answer then is a failed proof."""
    chat = Chat("two", known=False)
    for step in ("привязать", "agree", "2701001102 31002202"):
        chat.choose(step) if step == "agree" else chat.say(step)
    assert way in {button.token for button in chat.buttons}
    decision = chat.choose(way)
    assert decision.code == code
    assert asked in chat.reply
    assert chat.say("000001").code == "proof_failed"
