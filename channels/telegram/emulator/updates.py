"""The updates that Telegram makes of what subscribers do: https://core.telegram.org/bots/api#update. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

Update = dict[str, Any]
BOT: Final = {"id": 7_000_000_001, "is_bot": True, "first_name": "Meterline", "username": "meterline_bot"}
PHOTO: Final = "AgACAgIAAxkBAAIB"
"""What file ids of pictures begin with."""
SIZES: Final = (("small", 90, 67), ("large", 1280, 960))


def user(chat: int) -> Update:
    """The subscriber himself."""
    return {"id": chat, "is_bot": False, "first_name": "Абонент", "language_code": "ru"}


def private(chat: int) -> Update:
    """His chat with the bot; it has his id."""
    return {"id": chat, "first_name": "Абонент", "type": "private"}


def group(chat: int) -> Update:
    """A group; one whose number begins with -100 is a supergroup."""
    return {"id": chat, "title": "Дела", "type": "supergroup" if str(chat).startswith("-100") else "group"}


def message(chat: int, number: int, moment: datetime, **content: object) -> Update:
    """He sends something: `text`, `photo`, `contact`, whatever there is."""
    head = {"message_id": number, "from": user(chat), "chat": private(chat), "date": int(moment.timestamp())}
    return {"message": head | content}


def press(chat: int, press_id: str, token: str, pressed: Mapping[str, Any]) -> Update:
    """He presses a button under `pressed`, a message of ours."""
    query = {"id": press_id, "from": user(chat), "message": pressed, "chat_instance": "-42", "data": token}
    return {"callback_query": query}


def membership(chat: int, moment: datetime, before: str, after: str) -> Update:
    """He lets us in (`member`) or blocks us (`kicked`)."""
    bot = {"user": BOT}
    change = {
        "chat": private(chat),
        "from": user(chat),
        "date": int(moment.timestamp()),
        "old_chat_member": bot | {"status": before},
        "new_chat_member": bot | {"status": after} | ({"until_date": 0} if after == "kicked" else {}),
    }
    return {"my_chat_member": change}


def photo(name: str = "") -> list[Update]:
    """A picture in two sizes, the smaller first; `name` tells one from another."""
    return [
        {
            "file_id": f"{PHOTO}{size}{name}",
            "file_unique_id": f"AQAD{size}{name}",
            "width": width,
            "height": height,
            "file_size": width * height,
        }
        for size, width, height in SIZES
    ]


def contact(chat: int, phone: str, *, own: bool) -> Update:
    """A contact card; Telegram writes numbers without a plus."""
    card = {"phone_number": phone.removeprefix("+"), "first_name": "Абонент"}
    return card | {"user_id": chat if own else chat + 1}
