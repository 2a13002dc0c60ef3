"""What the operator says about VK: the section [channels.vk] of meterline.toml."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]\S*$", strip_whitespace=True)]
Word = Annotated[str, StringConstraints(pattern=r"^[!-~]*$", max_length=50)]
"""Printable ASCII without spaces: it is an HTTP body, and one character more or less makes it another one."""


class Settings(BaseModel):
    """VK. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = False
    token: SecretStr = SecretStr("")
    """The community's own access token, with the rights to messages and to managing the community."""
    group_id: int = Field(default=0, ge=0)
    """The community's number, without a minus."""
    secret: Annotated[SecretStr, Field(max_length=50)] = SecretStr("")
    """The callback server's secret key: VK puts it into every event. VK takes at most 50 characters."""
    confirmation: Word = ""
    """What VK wants to hear when it confirms our address. No secret: whoever asks our hook for it, gets it."""
    api_base: HttpUrl = "https://api.vk.ru"
    """Without `/method`."""
    mode: Literal["callback", "longpoll"] = "callback"
    """Whether VK calls us, or we ask VK."""
    per_second: float = Field(default=20, gt=0)
    """How many messages a second VK may be given: a community has 20 calls (`VkApiGroup.RPS_DELAY` of vk_api)."""
    app_id: int = Field(default=0, ge=0)
    """The number of the mini app that opens our payment page; 0: there is none."""
    app_secret: SecretStr = SecretStr("")
    """The mini app's protected key: VK signs with it for whom the page is opened."""

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        if bool(self.app_id) != bool(self.app_secret.get_secret_value()):
            raise ValueError("app_id and app_secret belong together: set both, or neither")
        if not self.enabled:
            return self
        needed = {"token": bool(self.token.get_secret_value()), "group_id": bool(self.group_id)}
        if self.mode == "callback":
            needed |= {"secret": bool(self.secret.get_secret_value()), "confirmation": bool(self.confirmation)}
        if missing := [name for name, is_set in needed.items() if not is_set]:
            raise ValueError(f"{', '.join(missing)} should be set in the mode {self.mode}")
        return self
