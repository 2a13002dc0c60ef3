"""Billing's calculation call over HTTP: JSON there and back, as docs/calculation.md has it for whoever offers it.

Nothing of a question or an answer is logged, and no failure's text holds any of it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from core.domain.calculations import ITEMS_LIMIT, NAME_LIMIT, Calculated, Item, Question
from core.ports.calculation import CalculationFailed

LONGEST_BODY: Final = 64 * 1024
"""Bytes; an answer has a few hundred."""
LARGEST: Final = 10**12
"""Kopecks; no household owes as much, so whoever says it speaks of something else."""
_SUM: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_UNKNOWN: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})


@dataclass(frozen=True, slots=True)
class Settings:
    """Where billing is asked."""

    url: str
    token: str = field(default="", repr=False)
    """Sent as `Authorization: Bearer`; empty where billing wants none."""
    seconds: float = 3.0
    """How long a call may take altogether."""
    at_once: int = 8
    """Connections."""


class HttpCalculation:
    """Billing behind an address. Constructing it does no I/O.

    Connections are kept, unlike those to payment providers (`core.acquiring.http`): asking twice does no harm here, and
    on the 25th a new connection for each reply would cost more than its answer.
    """

    def __init__(self, settings: Settings) -> None:
        """Remember how to call."""
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready; harmless when called twice."""
        self._opened()

    async def close(self) -> None:
        """Free the connections; harmless when called twice."""
        opened, self._session = self._session, None
        if opened is not None:
            await opened.close()

    async def calculate(self, question: Question) -> Calculated | None:
        """Ask once; None where billing knows no answer (HTTP 404, 422), or gives money back for the use.

        Raises:
            CalculationFailed: no answer, or none that we understand.
        """
        body = json.dumps(_asked(question)).encode()
        try:
            async with self._opened().post(self._settings.url, data=body, allow_redirects=False) as response:
                if response.status in _UNKNOWN:
                    return None
                if response.status != HTTPStatus.OK:
                    raise CalculationFailed(f"billing answered HTTP {response.status}")
                content = await response.content.read(LONGEST_BODY + 1)
                while len(content) <= LONGEST_BODY and (more := await response.content.read(LONGEST_BODY)):
                    content += more
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise CalculationFailed(f"billing does not answer ({type(failure).__name__})") from None
        return understood(content)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            settings = self._settings
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if settings.token:
                headers["Authorization"] = f"Bearer {settings.token}"
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=settings.seconds),
                connector=aiohttp.TCPConnector(limit=settings.at_once),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=headers,
            )
        return self._session


def _asked(question: Question) -> Mapping[str, object]:
    return {
        "branch": question.branch,
        "account": question.account,
        "meters": [
            {"serial": usage.serial, "values": list(usage.values), "read_on": usage.read_on.isoformat()}
            for usage in question.meters
        ],
    }


def understood(content: bytes) -> Calculated | None:
    """Read an answer; None for a charge below zero, which is no sum to tell anybody to expect. Pure.

    Raises:
        CalculationFailed: it is none.
    """
    if len(content) > LONGEST_BODY:
        raise CalculationFailed("billing's answer is too long")
    try:
        said = json.loads(content, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise CalculationFailed("billing's answer is no JSON") from None
    if not isinstance(said, dict):
        raise CalculationFailed("billing's answer is no JSON object")
    charge = _kopecks(said, "charge")
    if charge is None:
        raise CalculationFailed("billing's answer names no charge")
    calculated = Calculated(
        charge=charge, to_pay=_kopecks(said, "to_pay"), to_pay_on=_day(said, "to_pay_on"), items=_items(said)
    )
    return calculated if charge >= 0 else None


def _kopecks(said: Mapping[str, Any], name: str) -> int | None:
    """A sum in roubles, as JSON's number or as text: never through a binary fraction."""
    value = said.get(name)
    if value is None:
        return None
    found = _SUM.fullmatch(value) if isinstance(value, str) else None
    kopecks = 0 if found is None else int(found[2]) * 100 + int((found[3] or "").ljust(2, "0"))
    if found is None or kopecks > LARGEST:
        raise CalculationFailed(f"billing's {name} is no sum in roubles")
    return -kopecks if found[1] else kopecks


def _day(said: Mapping[str, Any], name: str) -> date | None:
    value = said.get(name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise CalculationFailed(f"billing's {name} is no day such as 2026-11-23") from None


def _items(said: Mapping[str, Any]) -> tuple[Item, ...]:
    """The parts of the charge; none where they are not its sum, or more than anybody reads in a chat."""
    given = said.get("items")
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise CalculationFailed("billing's items are no list of objects")
    items = tuple(Item(_name(each), _kopecks(each, "sum") or 0) for each in given)
    is_whole = sum(item.kopecks for item in items) == _kopecks(said, "charge")
    return items if len(items) <= ITEMS_LIMIT and is_whole else ()


def _name(item: Mapping[str, Any]) -> str:
    """One line that can be read."""
    name = item.get("name")
    if not isinstance(name, str) or not (words := " ".join(name.split())):
        raise CalculationFailed("billing's items have no names")
    shown = "".join(letter for letter in words if letter.isprintable())
    return shown[:NAME_LIMIT]
