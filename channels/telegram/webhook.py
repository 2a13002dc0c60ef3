"""Where Telegram brings its updates: telling it, and looking whether it does."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from channels.telegram.decode import KINDS
from channels.telegram.settings import Settings
from channels.toolkit.wording import vendor_words
from core.ports.channel import Misconfigured, SendFailure

if TYPE_CHECKING:
    from aiogram.types import WebhookInfo

    from channels.telegram.api import Api

PATH: Final = "/hooks/telegram"
PAGE: Final = "/app/telegram"
"""How the address of our page ends: by it we know our own button again."""
MANY: Final = 100
"""So many updates do not wait where all is well, not even on the 25th."""


async def register(api: "Api", settings: Settings, public_url: str) -> list[str]:
    """Set the webhook, or remove it where we poll; says what was done.

    It is set even where its address is right: Telegram does not tell which secret it has.

    Raises:
        SendFailure: Telegram cannot be told.
    """
    found = await api.webhook()
    if settings.mode == "polling":
        if not found.url:
            return ["There is no webhook, as polling needs it."]
        await api.delete_webhook()
        return [f"The webhook to {_host(found.url)} was removed: Telegram does not answer polling beside one."]
    url = public_url.rstrip("/") + PATH
    await api.set_webhook(url, settings.webhook_secret.get_secret_value(), KINDS)
    if not found.url:
        return [f"The webhook was set to {url}."]
    if found.url != url:
        return [f"The webhook was set to {url}; it led to {_host(found.url)}."]
    if set(found.allowed_updates or ()) != set(KINDS):
        return [f"The webhook {url} was set again, with the kinds of updates that we understand."]
    return [f"The webhook {url} was right; its secret was set again, as Telegram does not tell which one it has."]


async def offer(api: "Api", settings: Settings, page_url: str) -> list[str]:
    """Have the button beside the field for typing open our page; without one, take away the one that was ours.

    Raises:
        SendFailure: Telegram cannot be told.
    """
    found, label = await api.menu_button()
    if page_url:
        if (found, label) == (page_url, settings.mini_app_label):
            return ["The button of the chats was right: nothing was changed."]
        await api.set_menu_button(page_url, settings.mini_app_label)
        return [f"The button of the chats opens {page_url} now."]
    if urlsplit(found).path.endswith(PAGE):
        await api.set_menu_button("", "")
        return ["The button of the chats is Telegram's own again."]
    return []


async def probe(api: "Api", settings: Settings) -> list[str]:
    """What is wrong with the way to Telegram and back; "what: what to do" each."""
    try:
        found = await api.webhook()
    except Misconfigured as failure:
        return [f"{_plain(failure.detail)}: copy token anew from @BotFather, and see api_base in [channels.telegram]"]
    except SendFailure as failure:
        return [f"{_plain(failure.detail)}: see that this machine reaches {settings.api_base}"]
    return _polled(found) if settings.mode == "polling" else _called(found)


def _polled(found: "WebhookInfo") -> list[str]:
    if not found.url:
        return []
    return [
        f"a webhook to {_host(found.url)} is set, and beside it polling hears nothing: {_REGISTER}, or mode webhook"
    ]


def _called(found: "WebhookInfo") -> list[str]:
    if not found.url:
        return [f"no webhook is set, so nothing is heard: set server.public_url and {_REGISTER}, or mode polling"]
    wrong = []
    if urlsplit(found.url).path != urlsplit(found.url).path.removesuffix(PATH) + PATH:
        wrong.append(f"the webhook leads to {_host(found.url)} and not to {PATH}: {_REGISTER}")
    missing = set(KINDS) - set(found.allowed_updates or KINDS)
    if missing:
        wrong.append(f"the webhook brings no {' and no '.join(sorted(missing))}: {_REGISTER}")
    waiting = found.pending_update_count
    if waiting and found.last_error_message:
        words = _plain(vendor_words(found.last_error_message))
        wrong.append(f"{waiting} updates wait, Telegram's last call failed ({words}): {_REMEDY}")
    elif waiting >= MANY:
        wrong.append(f"{waiting} updates wait: see in /metrics whether messages are taken as fast as they come")
    return wrong


_REGISTER: Final = "register again"
_REMEDY: Final = "see that the public address leads here with a valid certificate, and register again for the secret"


def _host(url: str) -> str:
    """Of an address that may be somebody else's, no more than the machine: the rest may be a secret."""
    return urlsplit(url).hostname or "an unknown place"


def _plain(words: str) -> str:
    """Without the mark that parts what is wrong from what to do."""
    return words.replace(": ", ", ")
