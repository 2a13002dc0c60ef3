"""Telegram opens our page as a mini app: for whom, and is it true? https://core.telegram.org/bots/webapps.

The data is behind the `#` of the page's address (`tgWebAppData`), so only a script can hand it to us.
"""

from collections import Counter
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from core.domain.messages import Address
from core.ports.channel import LAUNCH_LIMIT, LaunchRefused, check_launch_age


def launched(channel: str, data: str, *, token: str, now: datetime) -> Address:
    """Who opened the page, by `initData` that was signed with the bot's token. Pure and total.

    aiogram checks the signature, and we the age, as Telegram advises:
    https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app.

    Raises:
        LaunchRefused: see `core.ports.channel.Launches`.
    """
    if not token or len(data) > LAUNCH_LIMIT or not _is_readable(data):
        raise LaunchRefused("unreadable")
    # Takes seconds where the channel is not open yet, see `TelegramChannel._api`.
    from aiogram.utils.web_app import safe_parse_webapp_init_data  # noqa: PLC0415 - the same

    try:
        found = safe_parse_webapp_init_data(token, data)
    # TypeError: `hmac.compare_digest` of a hash with other signs than ASCII. The words of the errors hold the data.
    except (ValueError, TypeError, OverflowError):
        found = None
    if found is None:
        raise LaunchRefused("forged")
    check_launch_age(int(found.auth_date.timestamp()), now)
    if found.user is None or found.user.id <= 0 or found.user.is_bot:
        raise LaunchRefused("unreadable")
    return Address(channel, str(found.user.id))


def _is_readable(data: str) -> bool:
    """Whether each field is there once: of two, one would be checked and the other might be read."""
    try:
        names = Counter(name for name, _ in parse_qsl(data, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        return False
    return set(names.values()) == {1} and {"hash", "auth_date"} <= names.keys()


FRAMES: Final = ("https://web.telegram.org",)
"""Where Telegram Web shows a mini app in a frame; its other apps have a view of their own."""
SCRIPT: Final = """"use strict";
// Events: https://core.telegram.org/api/web-events. The page is shown at its full height from the start.
const tell = (name) => {
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(name, "{}");
  else if (window.external && "notify" in window.external)
    window.external.notify(JSON.stringify({eventType: name, eventData: {}}));
  else if (parent !== window) parent.postMessage(JSON.stringify({eventType: name}), "https://web.telegram.org");
};
tell("web_app_ready");
tell("web_app_expand");
const form = document.getElementById("launch"), show = (id, shown) => { document.getElementById(id).hidden = !shown; };
if (form) {
  show("scriptless", false);
  const data = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
  if (data) {
    show("opening", true);
    form.elements.launch.value = data;
    form.submit();
  } else {
    show("nothing", true);
  }
}
"""
