"""VK opens our page as a mini app: for whom, and is it true? https://dev.vk.com/ru/mini-apps/development/launch-params-sign.

The data is the page's query: `vk_user_id`, `vk_app_id`, `vk_ts` and others, and their signature `sign`.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from channels.toolkit.signatures import same
from channels.vk.decode.fields import user_id
from core.domain.messages import Address
from core.ports.channel import LAUNCH_LIMIT, LaunchRefused, check_launch_age

_NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def launched(channel: str, data: str, *, app_id: int, secret: bytes, now: datetime) -> Address:
    """Who opened the page, by parameters that VK has signed with the app's protected key. Pure and total.

    Raises:
        LaunchRefused: see `core.ports.channel.Launches`.
    """
    fields = _fields(data)
    given = fields.get("sign", "").rstrip("=")
    if not secret or not same(given, signature(fields, secret).encode()):
        raise LaunchRefused("forged")
    if fields.get("vk_app_id") != str(app_id):
        raise LaunchRefused("foreign")
    signed_at, who = _number(fields, "vk_ts"), user_id(_number(fields, "vk_user_id"))
    if signed_at is None or who is None:
        raise LaunchRefused("unreadable")
    check_launch_age(signed_at, now)
    return Address(channel, str(who))


def signature(fields: dict[str, str], secret: bytes) -> str:
    """HMAC-SHA256 over the `vk_…` parameters in the order of their names, in base 64 for addresses, without `=`."""
    said = urlencode(sorted((name, value) for name, value in fields.items() if name.startswith("vk_")), quote_via=quote)
    return urlsafe_b64encode(hmac.digest(secret, said.encode(), sha256)).decode().rstrip("=")


def _fields(data: str) -> dict[str, str]:
    """The query; a name that is there twice could be checked as one value and read as another."""
    try:
        # A lone surrogate is no text that VK signs.
        data.encode()
        pairs = parse_qsl(data, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        pairs = []
    fields = dict(pairs)
    if not pairs or len(fields) < len(pairs) or len(data) > LAUNCH_LIMIT:
        raise LaunchRefused("unreadable")
    return fields


def _number(fields: dict[str, str], name: str) -> int | None:
    text = fields.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else None


FRAMES: Final = ("https://vk.com", "https://*.vk.com", "https://vk.ru", "https://*.vk.ru")
"""VK's site, its mobile site among it, shows a mini app in a frame; its apps have a view of their own."""
SCRIPT: Final = """"use strict";
// VK covers the page until it hears this, each of its apps in its own way: packages/core/src/bridge.ts of
// https://github.com/VKCOM/vk-bridge. Whom we say it to learns nothing.
const native = window.AndroidBridge, ios = window.webkit && window.webkit.messageHandlers;
if (native && native.VKWebAppInit) native.VKWebAppInit("{}");
else if (ios && ios.VKWebAppInit) ios.VKWebAppInit.postMessage({});
else if (parent !== window)
  parent.postMessage({handler: "VKWebAppInit", params: {}, type: "vk-connect", connectVersion: "2.15.0"}, "*");
"""
