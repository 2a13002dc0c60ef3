"""What the page may ask a messenger phone to do."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.demo.messengers import Messenger, TelegramPhones
from core.domain.lengths import utf16_units
from core.domain.phones import subscriber_number

LONGEST: Final = 4096
"""UTF-16 units: what Telegram and VK take of a text, and Viber takes more."""


def _sendable(text: str) -> str:
    """Half a surrogate pair can be said in JSON, and nowhere else."""
    return text.encode("utf-8", "replace").decode()


Text = Annotated[str, AfterValidator(_sendable)]


class Act(BaseModel):
    """One action of a visitor on one phone. Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    session: str = Field(pattern=r"^[a-z0-9]{16,64}$", repr=False)
    """Random words of the browser session; each has subscribers of its own."""
    messenger: str
    act: Literal["open", "type", "press", "share", "block", "unblock"]
    text: Text = Field(default="", repr=False)
    """What is typed, or the label of the button that is pressed."""
    place: int = -1
    """Of the message that the button stands under; -1 for the keyboard below the field for typing."""
    account: str = ""
    """Whose bill's QR code opens the conversation; empty where none does."""
    phone: str = Field(default="", repr=False)
    """The number of the SMS phone beside, which the contact card has."""

    @property
    def problem(self) -> str:
        """Why no phone could do it, in one word; empty where one can."""
        if self.act == "type" and not (self.text.strip() and utf16_units(self.text) <= LONGEST):
            return "length"
        if (self.phone or self.act == "share") and subscriber_number(self.phone) != self.phone:
            return "no_subscriber"
        return ""


def read(body: bytes, messengers: Mapping[str, Messenger], accounts: set[str]) -> Act | None:
    """The act that a body asks for, with a messenger and a bill that there are; None for anything else."""
    try:
        act = Act.model_validate_json(body)
    except ValidationError:
        return None
    return act if act.messenger in messengers and (not act.account or act.account in accounts) else None


async def perform(act: Act, phones: Messenger, start: str) -> None:
    """Do it.

    Args:
        act: what.
        phones: the phones of the act's messenger.
        start: the payload of the bill's QR code.

    Raises:
        LookupError: there is no such button, or nothing of the kind in this messenger.
    """
    match act.act:
        case "open":
            await phones.open(act.session, start, act.account)
        case "type":
            await phones.type(act.session, act.text)
        case "press":
            await phones.press(act.session, act.text, place=act.place, phone=act.phone)
        case "share" if isinstance(phones, TelegramPhones):
            await phones.share(act.session, act.phone)
        case "share":
            raise LookupError(act.act)
        case "block":
            await phones.block(act.session)
        case "unblock":
            await phones.unblock(act.session)
