"""What the sections of the configuration have in common."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationInfo

MaybeUrl = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/]\S*)?$", strip_whitespace=True)]
"""An address, or none."""


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def beside(info: ValidationInfo) -> Path:
    """The folder of the configuration file, which relative paths are meant beside."""
    return Path((info.context or {}).get("beside", ""))
