"""Messengers that open the payment page: their settings, and launch data as they sign it."""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlencode

from tests.storage.kept import NOW

TOKEN = "7000000001:AA-token-of-no-bot-at-all"
APP = 51_000_001
APP_SECRET = "protected-key-of-no-app"
NAME = "Аполлинария"
TELEGRAM, VK = "telegram", "vk"
SECTIONS = f"""
[channels.telegram]
enabled = true
token = "{TOKEN}"
webhook_secret = "a-webhook-secret-of-tests"
api_base = "http://127.0.0.1:9"
mini_app = true
[channels.vk]
enabled = true
token = "vk1.a.made-up"
group_id = 223000111
secret = "a-secret-of-callbacks"
confirmation = "1a2b3c4d"
api_base = "http://127.0.0.1:9"
app_id = {APP}
app_secret = "{APP_SECRET}"
"""


def launch_data(channel: str, user: str = "700100200", at: datetime = NOW) -> str:
    """What the messenger's app hands over when this user opens the page."""
    moment = str(int(at.timestamp()))
    if channel == VK:
        fields = {"vk_app_id": str(APP), "vk_language": "ru", "vk_ts": moment, "vk_user_id": user}
        mac = hmac.digest(APP_SECRET.encode(), urlencode(fields).encode(), hashlib.sha256)
        return urlencode(fields | {"sign": base64.urlsafe_b64encode(mac).decode().rstrip("=")})
    fields = {"auth_date": moment, "user": f'{{"id":{user},"first_name":"{NAME}"}}'}
    key = hmac.digest(b"WebAppData", TOKEN.encode(), hashlib.sha256)
    said = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return urlencode(fields | {"hash": hmac.digest(key, said.encode(), hashlib.sha256).hex()})
