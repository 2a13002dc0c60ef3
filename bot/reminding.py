"""What the operator says about reminders: the section [reminders] of meterline.toml."""

from datetime import time

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.domain.reminders import Hours, Kind


class Reminders(BaseModel):
    """Reminders of the window. Unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    enabled: bool = Field(default=False, examples=[False])
    """Rounds begin by themselves; `meterline reminders start` begins one in any case."""
    kinds: tuple[Kind, ...] = Field(default=tuple(Kind), examples=[["opens", "last_day", "missed"]])
    quiet: tuple[time, time] = Field(default=(Hours().ends, Hours().begins), examples=[["21:00", "09:00"]])
    """From when until when nothing is sent, in the branch's time; 00:00 is the end of the day."""
    spread_hours: float = Field(default=8.0, ge=0, le=24, examples=[8.0])
    """Over how many hours of a day a round is spread; 0 is as fast as `share` lets it."""
    share: float = Field(default=0.5, gt=0, lt=1, examples=[0.5])
    """Of a channel's rate, what reminders may have; the rest is always free for replies."""
    sms: bool = Field(default=False, examples=[False])
    """Each SMS costs money: they go to the phone on file where no messenger is linked."""

    @field_validator("quiet")
    @classmethod
    def _overnight(cls, value: tuple[time, time]) -> tuple[time, time]:
        begins, ends = value
        if ends >= begins != time(0):
            raise ValueError("should be the hours of the night, such as 21:00 and 09:00")
        return value

    @property
    def hours(self) -> Hours:
        """When reminders may arrive."""
        return Hours(begins=self.quiet[1], ends=self.quiet[0])
