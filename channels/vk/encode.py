"""What we send to VK. Pure: an `Outbound` becomes the parameters of one call of messages.send.

Parameters: https://dev.vk.com/ru/method/messages.send, keyboards: https://dev.vk.com/ru/api/bots/development/keyboard.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from vk_api.keyboard import MAX_BUTTONS_ON_LINE, MAX_DEFAULT_LINES, VkKeyboard

from channels.toolkit.reading import is_plain
from channels.vk.decode.fields import CHATS_BEGIN
from channels.vk.decode.messages import TOKEN, TOKEN_LIMIT
from core.domain.lengths import utf16_units
from core.domain.messages import Button, ButtonKind, Outbound
from core.ports.channel import UnsupportedContent

TEXT_LIMIT: Final = 4096
"""In UTF-16 units. VK refuses longer texts as error 914 and does not say what it counts; a text of so many units has at
most so many characters, so it fits whichever it is. (The schema's `maxLength` of 9000 is another limit.)"""
ROWS_LIMIT: Final = MAX_DEFAULT_LINES
ROW_LIMIT: Final = MAX_BUTTONS_ON_LINE
BUTTONS_LIMIT: Final = 40
"""Of a keyboard that is not inline, links among them. vk_api knows rows and lines but not this one."""
LABEL_LIMIT: Final = 40
"""Characters. A payload may have 255; ours has at most `{"t":"` and `"}` around a token."""
RANDOM_IDS: Final = 2**31 - 1
"""`random_id` is a signed integer of 32 bits; this is a prime."""
_LINK: Final = re.compile(r"https?://[!-~]+")
_USER: Final = re.compile(r"[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Message:
    """The parameters of messages.send, and what must not show when VK's answer is quoted."""

    parameters: Mapping[str, str] = field(repr=False)
    hide: tuple[str, ...] = field(repr=False)


class Link(NamedTuple):
    """A button that opens a page."""

    label: str
    url: str


Rows = list[tuple[Button | Link, ...]]


def encode(outbound: Outbound) -> Message:
    """The call that hands the message over. Without buttons it has no `keyboard`, and VK leaves the last one in place.

    Raises:
        UnsupportedContent: the message is beyond what VK takes.
    """
    _check(outbound)
    parameters = {
        "peer_id": outbound.to.external_id,
        "message": outbound.text,
        "random_id": str(random_id(outbound.idempotency_key)),
        "dont_parse_links": "1",
    }
    if rows := _rows(outbound):
        parameters["keyboard"] = _keyboard(rows)
    return Message(parameters, (outbound.text, outbound.link, outbound.to.external_id))


def random_id(key: str) -> int:
    """VK's key against double sending: it drops a message whose `random_id` is known in the dialogue; 0 is no key.

    The remainder by a prime uses all 63 bits of the key. Keys that follow one another, like those of one batch, never
    share a remainder; any two others do with a chance of 2**-31, so that one of the last hundred messages of a dialogue
    hides the next one in 20 million.
    """
    if not (key.isascii() and key.isdecimal()):
        raise UnsupportedContent("the idempotency key is not a number")
    return 1 + int(key) % RANDOM_IDS


def _check(outbound: Outbound) -> None:
    if not _USER.fullmatch(outbound.to.external_id) or int(outbound.to.external_id) >= CHATS_BEGIN:
        raise UnsupportedContent("the address is not a user's number")
    if outbound.image:
        raise UnsupportedContent("pictures are not sent")
    if not outbound.text.strip():
        raise UnsupportedContent("the text is empty")
    if (size := utf16_units(outbound.text)) > TEXT_LIMIT:
        raise UnsupportedContent(f"the text has {size} UTF-16 units, {TEXT_LIMIT} are allowed")


def _rows(outbound: Outbound) -> Rows:
    """The buttons from the top; the link has a row of its own below them, or the last place where no row is left."""
    rows: Rows = [row for row in outbound.buttons if row]
    if outbound.link:
        link = _link(outbound)
        if len(rows) < ROWS_LIMIT:
            rows.append((link,))
        else:
            rows[-1] = (*rows[-1], link)
    if len(rows) > ROWS_LIMIT or any(len(row) > ROW_LIMIT for row in rows):
        raise UnsupportedContent(f"more than {ROWS_LIMIT} rows or {ROW_LIMIT} buttons in a row")
    if (count := sum(map(len, rows))) > BUTTONS_LIMIT:
        raise UnsupportedContent(f"{count} buttons, {BUTTONS_LIMIT} are allowed in all")
    for row in rows:
        for button in row:
            _check_button(button)
    return rows


def _link(outbound: Outbound) -> Link:
    """A link without a label is called after its host."""
    try:
        host = urlsplit(outbound.link).hostname or ""
    except ValueError:
        host = ""
    if not host or not _LINK.fullmatch(outbound.link):
        raise UnsupportedContent("the link is not an address of HTTP")
    return Link(outbound.link_label or host[:LABEL_LIMIT], outbound.link)


def _check_button(button: Button | Link) -> None:
    if not button.label.strip() or len(button.label) > LABEL_LIMIT:
        raise UnsupportedContent(f"a button's label is empty or has more than {LABEL_LIMIT} characters")
    if isinstance(button, Link):
        return
    if button.kind is not ButtonKind.CHOICE:
        raise UnsupportedContent("VK has no button that asks for a contact")
    if not is_plain(button.token, TOKEN_LIMIT):
        raise UnsupportedContent(f"a button's token is not 1 to {TOKEN_LIMIT} characters of ASCII")


def _keyboard(rows: Rows) -> str:
    """The keyboard in VK's JSON.

    Not inline: it stays under the input field, where the last menu is always at hand, and may have 40 buttons and not
    just 10. Not `one_time`, with which the first press would take the menu away.
    """
    keyboard = VkKeyboard(one_time=False, inline=False)
    for number, row in enumerate(rows):
        if number:  # only between rows: VK refuses the empty one that a last `add_line` leaves
            keyboard.add_line()
        for button in row:
            if isinstance(button, Link):
                keyboard.add_openlink_button(button.label, button.url)
            else:
                keyboard.add_button(button.label, payload={TOKEN: button.token})
    return str(keyboard.get_keyboard())
