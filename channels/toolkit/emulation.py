"""What every vendor's emulator shows of itself, so that the demo and the journeys treat all of them alike."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from channels.toolkit.album import PICTURE


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of ours as the subscriber's app shows it. `rows` are the labels of its buttons, from the top.

    `inline`: the buttons stand under the message and stay there. Otherwise they are a keyboard below the field for
    typing, and `Handset.keyboard` tells whose is there now. `contact` is the label of the button, among the others,
    that shares the subscriber's own contact card.
    """

    text: str = field(repr=False)
    rows: tuple[tuple[str, ...], ...] = ()
    link: str = field(default="", repr=False)
    link_label: str = ""
    inline: bool = False
    contact: str = ""


class Handset(Protocol):
    """The subscribers' side of an emulated vendor. `user` is the subscriber's `external_id`.

    Every action becomes the vendor's own webhook (or waits for a poll), is repeated on the vendor's schedule until
    it is acknowledged, and gives the last HTTP status of ours; 0 where nobody answered or nobody was asked.
    """

    async def write(self, user: str, text: str) -> int:
        """Type a text and send it."""

    async def press(self, user: str, label: str) -> int:
        """Press the newest button with this label.

        Raises:
            LookupError: no message shows such a button.
        """

    async def join(self, user: str, start: str = "") -> int:
        """Open the conversation, by a deep link that carries `start`."""

    async def leave(self, user: str) -> int:
        """Block us."""

    async def share_contact(self, user: str, phone: str, *, own: bool = True) -> int:
        """Share a contact card, the subscriber's own or somebody else's."""

    async def send_photo(self, user: str, caption: str = "", picture: bytes = PICTURE) -> int:
        """Send a picture."""

    def shown(self, user: str) -> Sequence[Shown]:
        """What we said to this subscriber, oldest first."""

    def keyboard(self, user: str) -> Shown | None:
        """The message whose buttons are the keyboard below this subscriber's field for typing; None without one."""
