"""What the operator says about Telegram: the section [channels.telegram] of meterline.toml."""

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationInfo, field_validator

ApiBase = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/{}][^\s{}]*$", strip_whitespace=True)]
_TOKEN: Final = re.compile(r"\d+:[A-Za-z0-9_-]+", re.ASCII)
"""The bot's own id and a secret: https://core.telegram.org/bots/api#authorizing-your-bot."""
_WEBHOOK_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
"""`secret_token` of https://core.telegram.org/bots/api#setwebhook."""


class Settings(BaseModel):
    """Telegram. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    enabled: bool = False
    mode: Literal["webhook", "polling"] = "webhook"
    """`webhook`: Telegram calls us. `polling`: we ask; for a machine that cannot be reached from outside."""
    token: SecretStr = Field(default=SecretStr(""), examples=["1234567890:what-BotFather-gave-you"])
    webhook_secret: SecretStr = Field(default=SecretStr(""), examples=["the output of: openssl rand -hex 32"])
    """Telegram brings it back in a header of each call; empty refuses every call."""
    api_base: ApiBase = "https://api.telegram.org"
    """Another one is a Bot API server of one's own (https://github.com/tdlib/telegram-bot-api)."""
    per_second: float = Field(default=25, gt=0)
    """How many messages a second go out. Telegram's limit is about 30: https://core.telegram.org/bots/faq."""
    mini_app: bool = False
    """A button beside the field for typing opens our payment page inside Telegram."""
    mini_app_label: str = Field(default="Оплатить", min_length=1, max_length=30)
    """What stands on that button."""

    @field_validator("token")
    @classmethod
    def _given(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        token = value.get_secret_value()
        if not token and info.data.get("enabled"):
            raise ValueError("is needed where the channel is enabled; @BotFather gives it")
        if token and not _TOKEN.fullmatch(token):
            raise ValueError("should be digits, a colon, then letters, digits, _ and -, as @BotFather gives it")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _sendable(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        secret = value.get_secret_value()
        if not secret and info.data.get("enabled") and info.data.get("mode") == "webhook":
            raise ValueError("is needed for the mode webhook, so that a stranger's calls are told from Telegram's")
        if secret and not _WEBHOOK_SECRET.fullmatch(secret):
            raise ValueError("should be 1 to 256 characters of A-Z, a-z, 0-9, _ and -")
        return value

    @property
    def bot(self) -> str:
        """The bot's own id, the part of the token that is no secret; empty without a token."""
        return self.token.get_secret_value().partition(":")[0]
