"""What the operator says about signing in by OpenID Connect: the section [staff.oidc] of meterline.toml."""

from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from bot.sections import Section

OPENID: Final = "openid"
EMAIL: Final = "email"


def is_safe(url: str) -> bool:
    """Whether what is sent to an address cannot be overheard: https anywhere, or http on this very machine.

    Authlib has such a check, too, and an environment variable that switches it off.
    """
    if not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\'):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _issuer(value: str) -> str:
    if value and (not is_safe(value) or urlsplit(value).query or urlsplit(value).fragment):
        raise ValueError("should be an address with https:// (http:// on this machine only), without ? and #")
    return value


class Oidc(Section):
    """Signing in by an OpenID Connect issuer."""

    enabled: bool = Field(default=False, examples=[True])
    issuer: Annotated[str, AfterValidator(_issuer)] = Field(
        default="", max_length=200, examples=["https://sso.example.ru/realms/staff"]
    )
    """To the letter as the issuer writes it himself, a slash at its end included."""
    client_id: str = Field(default="", max_length=200, examples=["meterline"])
    client_secret: SecretStr = Field(default=SecretStr(""), examples=[""])
    """Empty: we are a public client, which proves itself by PKCE alone."""
    label: str = Field(default="", max_length=40, examples=["Keycloak"])
    """Stands on the button: «Войти через …»."""
    claim: str = Field(default="preferred_username", min_length=1, max_length=100, examples=["preferred_username"])
    """What in the ID token is an account's name; `email` counts only where the issuer says that it is verified."""
    domain: str = Field(default="", max_length=200, examples=["example.ru"])
    """What must stand behind an @ in that claim, and is no part of the name."""
    scopes: tuple[str, ...] = Field(default=(OPENID, "profile", EMAIL), examples=[[OPENID, "profile", EMAIL]])
    ask_totp: bool = Field(default=False, examples=[False])
    """Whether our own second factor is asked for, too; otherwise the issuer's is trusted."""

    @field_validator("domain")
    @classmethod
    def _bare(cls, value: str) -> str:
        if "@" in value:
            raise ValueError("should be what stands behind the @")
        return value.lower()

    @field_validator("scopes")
    @classmethod
    def _openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if OPENID not in value:
            raise ValueError(f"should contain {OPENID}: without it there is no ID token")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "Oidc":
        if self.enabled:
            empty = [name for name in ("issuer", "client_id") if not getattr(self, name)]
            if empty:
                raise ValueError(f"{' and '.join(empty)} should be set")
            if self.claim == EMAIL and not self.domain:
                raise ValueError("domain should be set where the claim is an e-mail: anybody has some address")
        return self

    @property
    def button(self) -> str | None:
        """What the button calls the issuer, perhaps nothing; None where there is no button."""
        return self.label if self.enabled else None
