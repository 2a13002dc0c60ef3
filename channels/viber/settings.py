"""What the operator says about Viber: the section [channels.viber] of meterline.toml."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

SENDER_LIMIT: Final = 28
"""https://creators.viber.com/docs/bots-api/resources/messaging/send-message: `sender.name`."""


def _sendable(token: SecretStr) -> SecretStr:
    """The token goes out in a header, where a line break or a letter of another alphabet breaks the call."""
    value = token.get_secret_value()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("should be the token as Viber shows it: digits, letters and dashes")
    return token


ApiBase = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s/]\S*$", strip_whitespace=True),
    AfterValidator(lambda value: value.rstrip("/")),
]


class Settings(BaseModel):
    """Viber. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    token: Annotated[SecretStr, AfterValidator(_sendable)] = SecretStr("")
    """The app key of the bot; it signs what Viber sends us, too. Empty refuses every call."""
    sender_name: str = Field(default="", max_length=SENDER_LIMIT, examples=["Энергосбыт"])
    """The name that subscribers see above our messages."""
    api_base: ApiBase = "https://chatapi.viber.com/pa"
    per_second: float = Field(default=10, gt=0)
    """How many messages a second Viber may be given; it publishes no limit for single messages."""

    @model_validator(mode="after")
    def _usable(self) -> "Settings":
        if self.enabled and not (self.token.get_secret_value() and self.sender_name.strip()):
            raise ValueError("enabled needs token and sender_name")
        return self
