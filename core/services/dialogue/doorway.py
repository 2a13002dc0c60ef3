"""Between the desk and the dialogue: who comes in, who leaves, and what the dialogue makes of an event."""

from core.domain.accounts import Account
from core.domain.bill_codes import Bill
from core.domain.decisions import PHOTO_WAITS, Decision
from core.domain.messages import (
    ChoiceMade,
    ContactShared,
    Event,
    Joined,
    OtherReceived,
    PhotoRead,
    PhotoReceived,
    TextReceived,
)
from core.domain.readings import Status
from core.domain.subscribers import HEARD_GRAIN
from core.services.desk.scene import Scene
from core.services.dialogue import again, bills, menu, money, operator
from core.services.dialogue.engine import come_back, converse
from core.services.dialogue.talk import UNSAID, Talk, Turn
from parsers import BillCode, Command, Outcome, Parsed, Submission


def hear(scene: Scene, decision: Decision) -> None:
    """Know whoever writes: in a messenger from the first word on. Hearing from a closed address opens it again."""
    known = scene.facts.profiles.get(scene.address)
    if known is None and scene.capabilities.address_is_phone:
        return
    if known is not None and known.closed_at is None and scene.now - known.heard_at < HEARD_GRAIN:
        return
    profile = Talk(Turn(), scene, decision).profile
    profile.closed_at = None
    profile.heard_at = max(profile.heard_at, scene.now)


def leave(scene: Scene, decision: Decision) -> None:
    """The subscriber has blocked us: nothing is sent any more. What he was about to do is kept."""
    Talk(Turn(), scene, decision).profile.closed_at = scene.sent_at
    decision.code = "left"


def answer(event: Event, parsed: Parsed | None, bill: Bill | None, scene: Scene, decision: Decision) -> bool:
    """Answer in the dialogue; False leaves the text to the rules for single messages."""
    if isinstance(event, TextReceived) and isinstance(parsed, Submission) and not _is_talking(scene):
        # A reading, and nothing under way that it could answer: nearly every message, and the shortest way for it.
        return False
    turn = Turn(text=decision.text, parsed=parsed, command=parsed.kind if isinstance(parsed, Command) else None)
    talk = Talk(turn, scene, decision)
    match event:
        case Joined():
            _welcome(talk, event.start)
        case PhotoReceived() if not _reads(parsed):
            _take_photo(talk, event)
        case PhotoRead() if bill is None or _is_with_operator(talk):
            _show_photo(talk, event.photo)
        case PhotoRead() | TextReceived() if _is_bill(event, parsed) and not _is_with_operator(talk):
            bills.take(talk, bill)
        case OtherReceived():
            decision.code = "unreadable"
            decision.reply = talk.render("unreadable")
            again.lead_on(talk)
        case ContactShared():
            turn.phone = event.phone
            decision.text = ""
            return converse(talk)
        case ChoiceMade():
            turn.pressed = decision.text = event.token
            return converse(talk)
        case _:
            return converse(talk)
    return True


def _reads(parsed: Parsed | None) -> bool:
    """Whether a picture's caption is a reading."""
    return isinstance(parsed, Submission) and parsed.outcome is not Outcome.REJECT


def _is_bill(event: Event, parsed: Parsed | None) -> bool:
    return isinstance(event, PhotoRead) or isinstance(parsed, BillCode)


def _take_photo(talk: Talk, event: PhotoReceived) -> None:
    """Look for a bill's code in it first, where the channel can fetch it: `core.services.photos` brings `PhotoRead`."""
    if talk.scene.address.channel in talk.scene.rules.reads_photos and not _is_with_operator(talk):
        talk.decision.code = PHOTO_WAITS
    else:
        _show_photo(talk, event.photo)


def _show_photo(talk: Talk, photo: str) -> None:
    operator.take_photo(talk, photo)
    again.lead_on(talk)


def _is_with_operator(talk: Talk) -> bool:
    """Whether a person reads along, who is the one to be shown bills and pictures."""
    return talk.dialogue is not None and talk.dialogue.step == operator.STEP


def _welcome(talk: Talk, start: str) -> None:
    """Greet; or go straight on with the account of a signed link."""
    talk.decision.code = "joined"
    is_sent_on = bool(start) and bills.begin_from_link(talk, start)
    if talk.scene.capabilities.greets_itself:
        # The channel has greeted already, and nothing more can be said before the subscriber writes.
        talk.decision.reply, talk.decision.buttons, talk.decision.link = None, (), ""
        if is_sent_on and again.is_under_way(talk):
            talk.data[UNSAID] = True
    elif not is_sent_on and not come_back(talk):
        menu.show(talk, "welcome")


def accompany(scene: Scene, decision: Decision) -> None:
    """Under an answer to a single message, what it needs: yes and no to a question, the question under way, the menu.

    Where the message was the reading that the dialogue was about, or asks itself for a yes, the dialogue is over.
    """
    if decision.reply is None or not (scene.capabilities.button_rows or _is_talking(scene)):
        return
    talk = Talk(Turn(), scene, decision)
    stored = [*decision.readings, *decision.changed]
    asks = any(reading.status is Status.NEEDS_CONFIRMATION for reading in stored)
    if again.is_under_way(talk) and (asks or talk.data.get("meter") in {reading.meter_id for reading in stored}):
        talk.end()
    if (
        not again.is_under_way(talk)
        and scene.capabilities.button_rows
        and scene.facts.waiting(scene.address, scene.now)
    ):
        choices = ((talk.choice("choice-yes", "yes"), talk.choice("choice-no", "no")),)
        link = (decision.link, decision.link_label) if decision.link else None
        talk.say_texts([decision.reply], choices, link=link)
    else:
        again.lead_on(talk)


def _is_talking(scene: Scene) -> bool:
    """Whether the sender is in a dialogue; nearly no one who sends an SMS is."""
    known = scene.facts.profiles.get(scene.address)
    return known is not None and known.dialogue is not None


def tell_balance(accounts: list[Account], scene: Scene, decision: Decision) -> None:
    """The balance of accounts that the sender may ask about."""
    money.tell(Talk(Turn(), scene, decision), accounts)


def offer_payment(accounts: list[Account], scene: Scene, decision: Decision) -> None:
    """How to pay for accounts that the sender may ask about."""
    money.offer(Talk(Turn(), scene, decision), accounts)
