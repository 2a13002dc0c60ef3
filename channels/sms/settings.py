"""What the operator says about SMS: the section [channels.sms] of meterline.toml."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

HttpUrl = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", strip_whitespace=True)]
"""An address of HTTP, or nothing. Kept as text: vendors' addresses are used as they are written."""


class Section(BaseModel):
    """Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KannelSettings(Section):
    """Kannel's smsbox (https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html)."""

    secret: SecretStr = SecretStr("")
    """Stands in the addresses that Kannel calls; empty refuses every call."""
    sendsms_url: HttpUrl = "http://127.0.0.1:13013/cgi-bin/sendsms"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    """The number or name that subscribers see; empty leaves it to Kannel's `global-sender`."""
    dlr_url: HttpUrl = ""
    """Where Kannel reports deliveries, the part before `?`; empty asks for no reports."""


class GenericSettings(Section):
    """Any gateway that can post JSON: docs/channels/sms.md has the shapes."""

    secret: SecretStr = SecretStr("")
    send_url: HttpUrl = ""


class SmsGateSettings(Section):
    """An Android phone with SMSGate (https://docs.sms-gate.app)."""

    signing_key: SecretStr = SecretStr("")
    api_url: HttpUrl = ""
    """Without the last `/message`: `http://192.168.1.5:8080` or `https://api.sms-gate.app/3rdparty/v1`."""
    username: str = ""
    password: SecretStr = SecretStr("")
    max_age_seconds: int = Field(default=300, gt=0)
    """How far the time in a signature may be from ours; SMSGate signs anew at each repetition."""


class Settings(Section):
    """SMS. Every gateway with a secret may deliver; `gateway` names the one that sends."""

    enabled: bool = False
    own_numbers: tuple[str, ...] = ()
    """Our numbers and short codes. What comes from them is our own echo and is not heard."""
    gateway: Literal["kannel", "generic", "smsgate"] = "kannel"
    per_second: float = Field(default=10, gt=0)
    """How many messages a second the gateway may be given."""
    kannel: KannelSettings = KannelSettings()
    generic: GenericSettings = GenericSettings()
    smsgate: SmsGateSettings = SmsGateSettings()
