"""Where Viber delivers to: tells it, and says what is wrong with it. There is one webhook for each bot."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from viberbot.api.event_type import EventType

from channels.viber.api import Api
from core.ports.channel import Misconfigured, SendFailure

WANTED: Final = (EventType.SUBSCRIBED, EventType.UNSUBSCRIBED, EventType.CONVERSATION_STARTED, EventType.FAILED)
"""Beside `message`, which always comes."""
UNWANTED: Final = frozenset({EventType.DELIVERED, EventType.SEEN})
"""Receipts, of which there would be two for each message and device, and none of use to us."""


async def register(api: Api, url: str) -> list[str]:
    """Set the webhook where it differs. The service must be running: Viber calls it before it answers.

    Raises:
        SendFailure: Viber cannot be told.
    """
    differences = differing(await api.account(), url)
    if not differences:
        return [f"Viber delivers to {url} already."]
    try:
        await api.set_webhook(url, list(WANTED))
    except Misconfigured as failure:
        hint = "Meterline must be running, and the address reachable from outside by https with a public certificate"
        raise Misconfigured(f"{failure.detail}. For {url}: {hint}") from None
    return [f"Viber delivers to {url} now ({'; '.join(differences)})."]


def differing(account: Mapping[str, Any], url: str) -> list[str]:
    """How the bot's webhook is not as we want it."""
    found = []
    if account.get("webhook") != url:
        found.append("it was another address" if account.get("webhook") else "there was none")
    types = _event_types(account)
    if missing := [kind for kind in WANTED if kind not in types]:
        found.append(f"events were missing: {', '.join(missing)}")
    if types & UNWANTED:
        found.append("receipts are switched off")
    return found


async def probe(api: Api, path: str) -> list[str]:
    """What is wrong, one sentence each, with what to do. Viber tells neither of pending events nor of errors."""
    try:
        account = await api.account()
    except Misconfigured as failure:
        return [f"Viber refuses us, {failure.detail}: compare token and api_base in [channels.viber] with Viber's"]
    except SendFailure as failure:
        return [f"{failure.detail}: see whether this machine may call out to api_base of [channels.viber]"]
    webhook = account.get("webhook")
    if not isinstance(webhook, str) or not webhook:
        return ["Viber has no webhook, so that nothing comes in and nothing may go out: register it"]
    found = []
    if urlsplit(webhook).path != path:
        found.append(f"Viber delivers elsewhere than to {path} of ours: register the webhook again")
    if missing := [kind for kind in WANTED if kind not in _event_types(account)]:
        found.append(f"Viber does not tell of {', '.join(missing)}: register the webhook again")
    return found


def _event_types(account: Mapping[str, Any]) -> set[str]:
    types = account.get("event_types")
    return {kind for kind in types if isinstance(kind, str)} if isinstance(types, list) else set()
