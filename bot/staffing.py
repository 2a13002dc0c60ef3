"""What the operator says about the staff's pages: the section [staff] of meterline.toml."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from bot.oidc.settings import Oidc
from core.domain.staff import Role
from core.services.staff import Lasting


class Staff(BaseModel):
    """The pages at /staff. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    enabled: bool = Field(default=True, examples=[True])
    """Without an account nobody gets in; `meterline staff add` makes one."""
    session_hours: float = Field(default=12.0, gt=0, le=24, examples=[12.0])
    """After that one signs in anew, whatever happens."""
    idle_minutes: float = Field(default=30.0, ge=1, le=720, examples=[30.0])
    """So long without a request end a session."""
    require_totp: tuple[Role, ...] = Field(default=tuple(Role), examples=[["supervisor", "auditor"]])
    """Roles that must have a second factor; others may."""
    oidc: Oidc = Oidc()

    def lasting(self) -> Lasting:
        """The same as the core knows it."""
        return Lasting(
            whole=timedelta(hours=self.session_hours),
            idle=timedelta(minutes=self.idle_minutes),
            second_factor=frozenset(self.require_totp),
        )
