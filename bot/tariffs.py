"""A branch's price lists: a TOML file of the operator's own, read once at start. docs/files.md has the format."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.complaints import complain, nearest
from core.domain.tariffs import Group, Range, Sharing, Tariffs, Version

Price = Annotated[Decimal, Field(gt=0, lt=1000, decimal_places=5)]
"""Roubles for a kWh."""
GROUP_NAME: Final = re.compile(r"[\w.-]{1,40}")
"""As long as the column that holds it."""


@dataclass(frozen=True, slots=True)
class TariffFile:
    """Price lists, and where they came from."""

    path: Path
    tariffs: Tariffs


def read(path: Path) -> TariffFile:
    """Read a file.

    Raises:
        ValueError: what is wrong with it, by table and key, with what would be right.
    """
    try:
        # Prices never pass through binary fractions.
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not TOML: {error}") from None
    try:
        return TariffFile(path, _File.model_validate(data).tariffs())
    except ValidationError as error:
        raise ValueError(complain(str(path), _File, error, {}).replace("\n", "\n  ")) from None


class _Table(BaseModel):
    """A table of the file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Range(_Table):
    upto: int | None = Field(default=None, gt=0, examples=[3900])
    upto_per_resident: int | None = Field(default=None, gt=0, examples=[65])
    one: Price | None = Field(default=None, examples=[5.38])
    two: tuple[Price, Price] | None = Field(default=None, examples=[[5.92, 3.23]])
    three: tuple[Price, Price, Price] | None = Field(default=None, examples=[[6.46, 3.23, 5.38]])

    @property
    def end(self) -> int | None:
        return self.upto or self.upto_per_resident

    @property
    def zones(self) -> list[str]:
        return [name for name in ("one", "two", "three") if getattr(self, name) is not None]

    @model_validator(mode="after")
    def _consistent(self) -> "_Range":
        if self.upto and self.upto_per_resident:
            raise ValueError("should have upto or upto_per_resident, not both")
        if not self.zones:
            raise ValueError(
                "should have prices: one = 5.38 for one zone, two = [day, night], three = [peak, night, …]"
            )
        return self

    def range(self) -> Range:
        prices = ((self.one,) if self.one else None, self.two, self.three)
        return Range(
            prices={zones: given for zones, given in enumerate(prices, 1) if given},
            upper=self.end,
            per_resident=self.upto_per_resident is not None,
        )


class _Group(_Table):
    ranges: tuple[_Range, ...]

    @field_validator("ranges")
    @classmethod
    def _rising(cls, value: tuple[_Range, ...]) -> tuple[_Range, ...]:
        if not value:
            raise ValueError("should have at least one; a flat price is a single one without an end")
        *limited, last = value
        ends = [part.end or 0 for part in limited]
        if last.end or not all(ends):
            raise ValueError("should each have an end, upto or upto_per_resident, but for the last, which has none")
        if ends != sorted(set(ends)):
            raise ValueError("should end at more and more kWh, each range above the one before")
        if len({part.upto is None for part in limited}) > 1:
            raise ValueError("should all have upto, or all have upto_per_resident")
        if any(part.zones != last.zones for part in limited):
            raise ValueError("should all have prices for the same meters: one, two, three or some of these")
        return value


class _Version(_Table):
    valid_from: date = Field(examples=["2026-10-01"])
    act: str = Field(default="", examples=["Приказ № 40/1 от 18.12.2025"])
    sharing: Sharing = Field(default="proportional", examples=["proportional"])
    group: dict[str, _Group]

    @field_validator("group")
    @classmethod
    def _named(cls, value: dict[str, _Group]) -> dict[str, _Group]:
        for name in value:
            if not GROUP_NAME.fullmatch(name):
                raise ValueError(f"{name!r} should be at most 40 letters, digits, points, hyphens and underscores")
        return value


class _File(_Table):
    default: str = Field(examples=["city"])
    version: tuple[_Version, ...]

    @field_validator("version")
    @classmethod
    def _distinct(cls, value: tuple[_Version, ...]) -> tuple[_Version, ...]:
        if not value:
            raise ValueError("should have at least one [[version]]")
        days = [version.valid_from for version in value]
        twice = sorted({day for day in days if days.count(day) > 1})
        if twice:
            raise ValueError(f"two begin on {twice[0]}")
        return value

    @model_validator(mode="after")
    def _has_default(self) -> "_File":
        for number, version in enumerate(self.version, 1):
            if self.default not in version.group:
                hint = nearest(self.default, version.group)
                raise ValueError(f"version[{number}] has no group {self.default!r}, which `default` names{hint}")
        return self

    def tariffs(self) -> Tariffs:
        versions = [
            Version(
                valid_from=version.valid_from,
                groups={
                    name: Group(ranges=tuple(part.range() for part in group.ranges))
                    for name, group in version.group.items()
                },
                sharing=version.sharing,
                act=version.act,
            )
            for version in sorted(self.version, key=lambda version: version.valid_from)
        ]
        return Tariffs(versions=tuple(versions), default=self.default)
