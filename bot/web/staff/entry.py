"""`/staff/entry`: readings that are read out over the telephone, and `/staff/entry/lines`: slips from the paper box."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.web.staff import looks
from bot.web.staff.case_form import texts
from bot.web.staff.case_view import DAY, ZONES
from bot.web.staff.gate import SESSION, VIEW, allowed
from bot.wording import number, values
from core.domain.accounts import Meter, mask
from core.domain.keys import reference
from core.domain.privacy import mask_address
from core.domain.staff import Permission
from core.domain.windows import local_day
from core.services.entry import Entered, Entry, EntryDesk, EntryRefused, OnFile, Source
from core.services.entry_lines import SURE, read_line

MOST: Final = 200
"""Lines at once: as many as are stored in about a second."""
LONGEST: Final = 30
"""Letters of an account's or a meter's number."""
SOURCES: Final[tuple[Source, ...]] = ("operator", "paper")

Words = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form was sent, to be shown again where it is refused."""

    source: Source = "operator"
    on: str = ""
    account: str = field(default="", repr=False)
    meter: str = field(default="", repr=False)
    values: tuple[str, str, str] = ("", "", "")
    token: str = ""
    sure: bool = False

    def day(self) -> date | None:
        """When the slip was thrown in. Raises EntryRefused where it is no date."""
        if not self.on or self.source == "operator":
            return None
        try:
            return date.fromisoformat(self.on)
        except ValueError:
            raise EntryRefused("date", "that is no date") from None

    def entry(self) -> Entry:
        """The entry. Raises EntryRefused where a value is none."""
        found = [text.strip() for text in self.values if text.strip()]
        line = read_line(" ".join((self.account, self.meter or "-", *found)), self.token, self.day())
        return Entry(
            account=line.account, meter=line.meter, values=line.values, token=self.token, sure=self.sure, on=line.on
        )


class EntryPages:
    """The pages."""

    def __init__(self, desk: EntryDesk) -> None:
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/entry", self.show),
            web.post("/entry", self.enter),
            web.post("/entry/look", self.look),
            web.post("/entry/rehearsal", self.rehearse),
            web.get("/entry/lines", self.show_lines),
            web.post("/entry/lines", self.enter_lines),
        ]

    @allowed(Permission.ENTER_READINGS)
    async def show(self, request: web.Request) -> web.Response:
        """The form, empty."""
        return self._page(request, Typed())

    @allowed(Permission.ENTER_READINGS)
    async def look(self, request: web.Request) -> web.Response:
        """The account's meters, with a field for each of their values."""
        typed = _typed(texts(await request.post()))
        found = await self._found(request, typed)
        said = _refused(code="account_not_found") if found is None else None
        return self._page(request, typed, found=found, said=said)

    @allowed(Permission.ENTER_READINGS)
    async def rehearse(self, request: web.Request) -> web.Response:
        """What would become of the values; stores nothing."""
        typed = _typed(texts(await request.post()))
        said: dict[str, Any] = {}
        with suppress(EntryRefused):  # it is not finished
            said = _said(await self._enter(request, typed.entry(), typed.source, rehearse=True))
        return looks.page(request[VIEW], "entry_said.html", said=said, is_rehearsal=True, number=number, values=values)

    @allowed(Permission.ENTER_READINGS)
    async def enter(self, request: web.Request) -> web.Response:
        """Store it, or say why not; then the form is ready for the next account."""
        typed = _typed(texts(await request.post()))
        try:
            said = _said(await self._enter(request, typed.entry(), typed.source))
        except EntryRefused as error:
            said = _refused(error=error.code)
        if said["result"] in {"refused", "doubtful"}:
            return self._page(request, typed, found=await self._found(request, typed), said=said)
        return self._page(request, Typed(source=typed.source, on=typed.on), said=said)

    @allowed(Permission.ENTER_READINGS)
    async def show_lines(self, request: web.Request) -> web.Response:
        """The box for lines, empty."""
        return self._lines(request, Typed(source="paper"), "", [])

    @allowed(Permission.ENTER_READINGS)
    async def enter_lines(self, request: web.Request) -> web.Response:
        """Store each line by itself; those that were not stored stay in the box."""
        given = texts(await request.post())
        typed = _typed(given)
        lines = [line for line in given.get("lines", "").splitlines() if line.strip()]
        if len(lines) > MOST:
            return self._lines(request, typed, "\n".join(lines), [], problem="many")
        rows = [await self._line(request, typed, place, line) for place, line in enumerate(lines)]
        left = [row["text"] for row in rows if row["result"] in {"refused", "doubtful"}]
        return self._lines(request, typed, "\n".join(left), rows)

    async def _line(self, request: web.Request, typed: Typed, place: int, text: str) -> dict[str, Any]:
        """A line's token is that of its form and its place: the same form sent twice stores nothing twice."""
        try:
            entry = read_line(text, f"{typed.token}:{place}", typed.day())
            said = _said(await self._enter(request, entry, typed.source))
        except EntryRefused as error:
            said = _refused(error=error.code)
        return said | {"text": text.strip()}

    async def _enter(self, request: web.Request, entry: Entry, source: Source, *, rehearse: bool = False) -> Entered:
        member = request[SESSION].member
        return await self._desk.enter(entry, source, member.name, branches=member.branches, rehearse=rehearse)

    async def _found(self, request: web.Request, typed: Typed) -> OnFile | None:
        member = request[SESSION].member
        return await self._desk.look(typed.account, member.name, branches=member.branches)

    def _page(
        self, request: web.Request, typed: Typed, *, found: OnFile | None = None, said: dict[str, Any] | None = None
    ) -> web.Response:
        """The whole page; for htmx its form alone."""
        is_part = request.headers.get("HX-Request") == "true"
        is_refused = said is not None and said["result"] == "refused"
        return looks.page(
            request[VIEW],
            "entry_form.html" if is_part else "entry.html",
            # htmx shows no answer of 4xx by itself.
            status=HTTPStatus.UNPROCESSABLE_ENTITY if is_refused and not is_part else HTTPStatus.OK,
            typed=typed,
            account=_account(found) if found else None,
            meters=[_meter(meter, found, typed) for meter in found.meters] if found else [],
            token=secrets.token_urlsafe(),
            said=said,
            is_rehearsal=False,
            sources=SOURCES,
            number=number,
            values=values,
        )

    def _lines(
        self, request: web.Request, typed: Typed, left: str, rows: Sequence[dict[str, Any]], *, problem: str = ""
    ) -> web.Response:
        is_part = request.headers.get("HX-Request") == "true"
        stored = sum(row["result"] in {"stored", "review"} for row in rows)
        return looks.page(
            request[VIEW],
            "entry_rows.html" if is_part else "entry_lines.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            typed=typed,
            left=left,
            rows=rows,
            stored=stored,
            unstored=sum(row["result"] in {"refused", "doubtful"} for row in rows),
            token=secrets.token_urlsafe(),
            problem=problem,
            most=MOST,
            sure=SURE,
            sources=SOURCES,
            number=number,
            values=values,
        )


def _typed(given: Mapping[str, str]) -> Typed:
    def value(name: str) -> str:
        return given.get(name, "").strip()[:LONGEST]

    source: Source = "paper" if given.get("source") == "paper" else "operator"
    return Typed(
        source=source,
        on=given.get("on", "")[:10],
        account=value("account"),
        meter=value("meter"),
        values=(value("t1"), value("t2"), value("t3")),
        token=given.get("token", "")[:64],
        sure=given.get("sure", "") != "",
    )


def _said(entered: Entered) -> dict[str, Any]:
    """What the page says of an entry."""
    return {
        "result": entered.result.replace(" ", "_"),
        "code": str(entered.code),
        "error": "",
        "account": mask(entered.account) if entered.account else "",
        "meter": entered.serial,
        "numbers": entered.values,
        "previous": entered.previous,
        "consumption": entered.consumption,
        "reference": reference(entered.reading.id) if entered.reading and entered.stored else "",
    }


def _refused(*, code: str = "", error: str = "") -> dict[str, Any]:
    """What was no entry at all: why, by the rules' code or our own."""
    return _said(Entered(code=code)) | {"error": error}


def _account(found: OnFile) -> dict[str, Any]:
    return {
        "number": mask(found.account.number),
        "address": mask_address(found.account.address),
        "branch": found.branch.name,
        "window": found.branch.window,
    }


def _meter(meter: Meter, found: OnFile, typed: Typed) -> dict[str, Any]:
    """A meter with its fields; those that were typed for it stay."""
    latest = found.latest.get(meter.id)
    is_this = typed.meter == meter.serial
    shown = typed.values if is_this else ("", "", "")
    return {
        "serial": meter.serial,
        "digits": meter.digits,
        "automatic": meter.automatic,
        "read_on": f"{meter.read_on:{DAY}}",
        "latest": values(latest.values) if latest else "",
        "latest_on": f"{local_day(found.branch, latest.sent_at):{DAY}}" if latest else "",
        "status": latest.status.value if latest else "",
        "fields": [
            {"name": f"t{place + 1}", "zone": zone, "billed": meter.billed[place], "value": shown[place]}
            for place, zone in enumerate(ZONES[meter.zones])
        ],
        "is_this": is_this,
    }
