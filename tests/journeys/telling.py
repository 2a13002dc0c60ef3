"""Plays a journey of the dialogue on all channels at once, and looks at what everybody was told and what was stored."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, insert, select, update

from channels.toolkit.emulation import Shown
from core.domain.deep_links import sign
from core.domain.lengths import segments
from core.domain.messages import Address
from core.storage.store import SUBSCRIBER as BY_SUBSCRIBER
from core.storage.tables import link, metadata, profile, reading
from tests import world
from tests.codes import pictured
from tests.journeys.books import Books, Seen
from tests.journeys.handsets import Device, Plain, choices
from tests.journeys.script import ACCOUNTS, CHANNELS, Journey, Step
from tests.journeys.stage import BILLS_SECRET, PUBLIC_URL, Stage

PAUSE = timedelta(seconds=10)
"""Between two messages of one who types slowly."""
_REFERENCE = re.compile(r"(?<=№)[0-9A-Z]{5}(?!\w)|(?<=Ref\. )[0-9A-Z]{5}(?!\w)")
_NUMBER = re.compile(r"\d+(?:,\d\d)?")
_LINK = re.compile(r"https?://\S+")
_CODE = re.compile(r"\b\d{6}\b")
_FILLING = re.compile(r"\{(id|bill|old bill|forged bill) (\w+)\}")
_STRANGERS = 91_112_233


@dataclass
class Person:
    """One of a journey's people: a device, the phone that is his, and all that he has typed."""

    name: str
    phone: str
    device: Device
    is_on_file: bool
    """Whether his messages come from the phone on file, as far as we can tell."""
    links: list[str] = field(default_factory=list)
    """To our pages, as he got them: Viber takes one away with the next message."""
    typed: set[str] = field(default_factory=set)
    own: set[int] = field(default_factory=set)
    """Accounts that he may hear of."""

    @property
    def address(self) -> Address:
        return self.device.address


class Told(AssertionError):
    """A step went otherwise than its file says; shows the conversation so far."""


async def play(journey: Journey, stage: Stage, *channels: str) -> list["Telling"]:
    """Play it from the first step to the last, on all channels in step; gives what was said on each.

    Every channel has subscribers and accounts of its own, so that nobody gets into another's way.

    Raises:
        Told: the first step that went otherwise, on every channel where it did.
    """
    stage.clock.moment = journey.begins
    tellings = [Telling(journey, stage, channel) for channel in channels]
    await stage.begin([account for telling in tellings for account in telling.given])
    books = await stage.database.read(Books)
    for telling in tellings:
        await telling.introduce(books)
    for number, step in enumerate(journey.steps, 1):
        stage.clock.moment += timedelta(minutes=step.wait_minutes) or PAUSE
        if step.event == "sweep":
            await stage.service.desk.sweep()
        elif step.event == "export":
            await stage.database.write(_export)
        acted = await asyncio.gather(*(telling.act(step) for telling in tellings), return_exceptions=True)
        # After `act`, which notes what everybody has been told so far.
        await stage.happen(step.event)
        seen = await stage.settle()
        problems = [_looked(telling, step, seen, mishap) for telling, mishap in zip(tellings, acted, strict=True)]
        if said := "\n\n".join(filter(None, problems)):
            raise Told(f"step {number} {said}")
    tables = await stage.database.read(_everything) if journey.nowhere else {}
    for text in journey.nowhere:
        assert not [name for name, rows in tables.items() if text in rows], f"{text} was stored"
    return tellings


def _looked(telling: "Telling", step: Step, seen: Seen, mishap: BaseException | None) -> str:
    """What is wrong with a step on one channel, with the conversation so far; empty where all is well."""
    try:
        if mishap is not None:
            raise mishap
        telling.look(step, seen)
    except (AssertionError, LookupError, NotImplementedError) as problem:
        return "\n".join([f"on {telling.channel}: {problem}", *telling.transcript])
    return ""


class Telling:
    """One journey on one channel. What no message may ever do is looked at after each step."""

    def __init__(self, journey: Journey, stage: Stage, channel: str) -> None:
        self.journey = journey
        self.stage = stage
        self.channel = channel
        self.place = CHANNELS.index(channel)
        self.phone = self._own_phone(world.SUBSCRIBER)
        """The phone on file of the subscriber's accounts."""
        self.given = [self._own_account(ACCOUNTS[name]) for name in journey.accounts]
        self.people: dict[str, Person] = {}
        self.books: Books
        self.transcript: list[str] = []
        self._shown: dict[str, int] = {}
        self._sms_sent = 0
        self.page = ""
        """The payment page as it was seen last."""

    def _own_phone(self, phone: str) -> str:
        return f"{phone[:5]}{(int(phone[5]) + self.place) % 10}{phone[6:]}"

    def _own_number(self, number: str) -> str:
        """An account or meter of this channel's, with the last four characters that the file names."""
        return f"{number[:2]}{(int(number[2]) + self.place) % 10}{number[3:]}"

    def _own_account(self, given: dict[str, Any]) -> dict[str, Any]:
        meters = [meter | {"serial": self._own_number(meter["serial"])} for meter in given["meters"]]
        phone = given["phone"] and self._own_phone(given["phone"])
        return given | {"number": self._own_number(given["number"]), "phone": phone, "meters": meters}

    def _own_words(self, text: str) -> str:
        """A file's words, about this channel's accounts and meters."""
        names = [ACCOUNTS[name] for name in self.journey.accounts]
        known = {given["number"] for given in names} | {meter["serial"] for given in names for meter in given["meters"]}
        return re.sub(r"\d+", lambda found: self._own_number(found[0]) if found[0] in known else found[0], text)

    async def introduce(self, books: Books) -> None:
        """Give everybody what he holds in his hands, and link the accounts of those who are known."""
        self.books = books
        for number, (name, kind) in enumerate(self.journey.people.items()):
            phone = f"+799{_STRANGERS + 10 * number + self.place}" if kind == "stranger" else self.phone
            device = self.stage.device(self.channel, phone)
            person = Person(name, phone, device, is_on_file=isinstance(device, Plain) and kind != "stranger")
            self.people[name] = person
            if kind == "subscriber" and not person.is_on_file:
                mine = [key for key, row in books.accounts.items() if row.phone == phone]
                await self.stage.database.write(partial(_link, person.address, mine, self.journey.begins))
                device.know()

    def _acting(self, step: Step) -> Person:
        return self.people[step.who] if step.who else next(iter(self.people.values()))

    def look(self, step: Step, seen: Seen) -> None:
        """See what everybody was told, and compare it and what was stored with the file.

        Raises:
            AssertionError: it is otherwise.
        """
        person = self._acting(step)
        news = {name: list(each.device.shown()[self._shown[name] :]) for name, each in self.people.items()}
        self.transcript += [f"   {name} < {_printed(shown)}" for name, told in news.items() for shown in told]
        sms = [sent.text for sent in self.stage.sms.sent[self._sms_sent :] if sent.to == self.phone]
        for name, told in news.items():
            each = self.people[name]
            own = self.books.own(each.address, each.phone if each.is_on_file else "", seen)
            # Who has just left an account may still be told of that.
            each.own, may = own, own | each.own
            for shown in told:
                self._look_at(shown, each, may, seen)
                link_ = shown.link or (_LINK.search(shown.text) or [""])[0]
                each.links += [link_] if link_.startswith(PUBLIC_URL) else []
        answer = self._answer(step, news[person.name])
        self._check_others(step, person, news, sms)
        if answer is not None:
            self._check_answer(step, person, answer)
        self._check_tables(step, person, seen)

    # What is done.

    async def act(self, step: Step) -> None:
        """Do what the step says."""
        person = self._acting(step)
        self._shown = {name: len(each.device.shown()) for name, each in self.people.items()}
        self._sms_sent = len(self.stage.sms.sent)
        device, said = person.device, self._words(step)
        self.transcript.append(f"{person.name} > {said}")
        person.typed |= set(_NUMBER.findall(said)) | set(re.findall(r"\d+", said))
        if step.operator:
            await self.stage.answer_newest_case(self.channel, step.operator)
        elif step.press is not None:
            await device.press(step.press)
        elif step.press_old is not None:
            await device.press_old(step.press_old)
        elif step.token is not None:
            await device.forge(said)
        elif step.write is not None or step.sms_code:
            await device.write(said)
        elif not step.event:
            await self._do_without_words(step, person, said)

    async def _do_without_words(self, step: Step, person: Person, said: str) -> None:
        device = person.device
        if step.join is not None:
            await device.join(said)
        elif step.contact is not None:
            phone = self.phone if step.contact == "foreign" else person.phone
            await device.share_contact(phone, own=step.contact == "own")
        elif step.photo is not None:
            await device.send_photo(said)
        elif step.picture is not None:
            await device.send_photo("", pictured(said.encode()))
        elif step.pay is not None:
            self.page = await self.stage.pay(person.links[step.pay_link], step.pay)
        elif step.bank:
            await self.stage.let_bank_say(self._paid_account(), step.bank)
        elif step.sticker:
            await device.send_sticker()
        else:
            assert step.leave, "nothing is done"
            await device.leave()

    def _words(self, step: Step) -> str:
        """What is typed or carried along."""
        if step.sms_code:
            codes = [_CODE.search(sms.text) for sms in self.stage.sms.sent if sms.to == self.phone]
            code = [found[0] for found in codes if found][-1]
            return code if step.sms_code == "right" else f"{(int(code) + 1) % 1_000_000:06d}"
        if step.token is not None or step.join is not None:
            return _FILLING.sub(lambda found: self._filling(found[1], found[2]), step.token or step.join or "")
        said = (
            step.write
            or step.press
            or step.press_old
            or step.photo
            or step.picture
            or step.operator
            or step.event
            or ""
        )
        return self._own_words(said)

    def _filling(self, what: str, name: str) -> str:
        number = self._own_number(ACCOUNTS[name]["number"])
        if what == "id":
            return str(next(key for key, row in self.books.accounts.items() if row.number == number))
        last_month = date(2026, 9, 1) if what == "old bill" else date(2026, 12, 1)
        return sign(number, last_month, b"another" if what == "forged bill" else BILLS_SECRET.encode())

    def _paid_account(self) -> str:
        """The number of the account that was paid last."""
        numbers = {row.number for row in self.books.accounts.values()} & {given["number"] for given in self.given}
        kept = reversed(self.stage.bank.payments.values())
        return next(number for each in kept for number in numbers if each.object["description"].endswith(number))

    # What comes of it.

    def _answer(self, step: Step, told: list[Shown]) -> Shown | None:
        """The one answer to who acted."""
        if step.is_silent:
            assert not told, f"{told} was said"
            return None
        assert len(told) == 1, f"{len(told)} answers"
        assert step.operator or step.bank or step.event or told[0].rows or self.channel in {"sms", "console"}, (
            "no button leads on"
        )
        return told[0]

    def _check_others(self, step: Step, person: Person, news: dict[str, list[Shown]], sms: list[str]) -> None:
        for name, told in news.items():
            if name == person.name:
                continue
            wanted = step.hears.get(name)
            # Where the phone on file is one of the people, what goes there is looked at below.
            is_below = wanted is None and self.people[name].is_on_file
            text = "\n".join(shown.text for shown in told if not (is_below and shown.text in sms))
            assert bool(text) == (wanted is not None), f"{name} was told {text!r}"
            assert all(part in text for part in wanted or ()), f"{name} was told {text!r}"
        assert set(step.hears) <= set(self.people)
        if self.channel == "sms" and person.is_on_file:
            sms = [text for text in sms if text not in {shown.text for shown in news[person.name]}]
        text = "\n".join(sms)
        self.transcript += [f"   phone on file < {text}"] if sms else []
        if step.to_sms is not None:
            assert bool(sms) == bool(step.to_sms), f"the phone on file was told {text!r}"
            assert all(part in text for part in step.to_sms), f"the phone on file was told {text!r}"

    def _check_answer(self, step: Step, person: Person, answer: Shown) -> None:
        parts = step.reply_short if step.reply_short and isinstance(person.device, Plain) else step.reply
        for part in parts:
            assert part in answer.text, f"{part!r} is not in the answer"
        for part in step.not_in_reply:
            assert part not in answer.text, f"{part!r} is in the answer"
        for label in step.buttons:
            assert person.device.offers(label), f"{label!r} is not on offer"
        for label in step.no_buttons:
            assert not person.device.offers(label), f"{label!r} is on offer"
        if step.page is not None:
            link_ = answer.link or (_LINK.search(answer.text) or [""])[0]
            assert link_.startswith(f"{PUBLIC_URL}/my/") == step.page, f"the link {link_!r}"

    def _look_at(self, shown: Shown, person: Person, own: set[int], seen: Seen) -> None:
        """What holds for every message: it is whole, and tells nothing of accounts that are not the reader's."""
        labels = [label for row in shown.rows for label in row]
        assert shown.text.strip(), "an empty message"
        assert len(labels) == len(set(labels)), f"two buttons look the same: {labels}"
        if isinstance(person.device, Plain):
            assert 1 <= segments(shown.text) <= 2, f"{segments(shown.text)} parts: {shown.text!r}"
            assert "..." not in shown.text, f"cut: {shown.text!r}"
            assert_listed(shown.text, seen.dialogue(person.address))
        text = "\n".join((shown.text, *labels))
        told = set(_NUMBER.findall(_REFERENCE.sub("", text))) - person.typed
        secrets = self.books.secrets(person.address, own, seen)
        leaked = {secret for secret in secrets if secret in told or (not secret.isdecimal() and secret in text)}
        assert not leaked, f"{leaked} was told to {person.name}: {text!r}"

    def _check_tables(self, step: Step, person: Person, seen: Seen) -> None:
        if step.code is not None:
            assert seen.code(person.address) == step.code
        for part in step.page_says:
            assert part in self.page, f"{part!r} is not on the page"
        if step.payments is not None:
            own = {key for key, row in self.books.accounts.items() if row.number in {g["number"] for g in self.given}}
            mine = [row for row in seen.orders if row.account_id in own]
            assert [f"{row.amount} {row.state}" for row in mine] == step.payments
        if step.readings is not None:
            mine = [row for row in seen.readings if row.channel == self.channel]
            assert [self.books.reading(row) for row in mine] == list(map(self._own_words, step.readings))
        cases = {row.id: row for row in seen.cases if row.channel == self.channel}
        if step.cases is not None:
            assert [f"{row.kind} {row.state}" for row in cases.values()] == step.cases
        if step.notes is not None:
            notes = [row.note for row in seen.actions if row.moderator == BY_SUBSCRIBER and row.case_id in cases]
            assert notes == step.notes
        if step.links is not None:
            mine = seen.links_of(person.address)
            shown = [(self.books.accounts[row.account_id].number, row.proof, row.name) for row in mine]
            assert [" ".join(filter(None, row)) for row in shown] == list(map(self._own_words, step.links))
        if step.profile is not None:
            row = seen.profile(person.address)
            assert bool(step.profile) == (row is not None)
            assert {name: getattr(row, name) for name in step.profile} == step.profile


def assert_listed(text: str, dialogue: dict[str, Any]) -> None:
    """Whatever can be chosen by its number or its word, stands in the text that asks."""
    listed = choices(text)
    if not listed:
        return
    offered = [label for label, _ in dialogue["offered"]]
    if dialogue["data"].get("numbered"):
        assert list(listed.items()) == [(label, str(number)) for number, label in enumerate(offered, 1)], text
    else:
        assert list(listed) == offered, text


def _printed(shown: Shown) -> str:
    rows = " ".join(f"[{'] ['.join(row)}]" for row in shown.rows)
    return " ".join(filter(None, (shown.text, rows, shown.link_label and f"[{shown.link_label} ->]")))


def _link(address: Address, account_ids: Sequence[int], now: datetime, connection: Connection) -> None:
    """What linking a week ago has left behind: a profile with its consent, and the links."""
    linked_at = now - timedelta(days=7)
    where = {"channel": address.channel, "external_id": address.external_id}
    row = {"heard_at": linked_at, "language": "", "consent": "1", "consent_at": linked_at}
    connection.execute(insert(profile).values(**where, **row))
    proof = {"proof": "bill_code", "proved_at": linked_at, "linked_at": linked_at}
    for key in account_ids:
        connection.execute(insert(link).values(id=key, account_id=key, **where, **proof))


def _export(connection: Connection) -> None:
    connection.execute(update(reading).where(reading.c.status == "accepted").values(status="exported"))


def _everything(connection: Connection) -> dict[str, str]:
    return {table.name: repr(connection.execute(select(table)).all()) for table in metadata.sorted_tables}
