"""Plays a journey of the dialogue on one channel, and looks at what everybody was told and what was stored."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from channels.toolkit.emulation import Shown
from core.domain.accounts import mask_address
from core.domain.deep_links import sign
from core.domain.keys import reference
from core.domain.lengths import segments
from core.domain.messages import Address
from core.domain.windows import period_text
from core.services.texts import Texts
from core.storage.store import SUBSCRIBER as BY_SUBSCRIBER
from core.storage.tables import account, case, case_action, event, link, metadata, meter, profile, reading
from tests import world
from tests.journeys.handsets import Device, Plain, choices
from tests.journeys.script import ACCOUNTS, Journey, Step
from tests.journeys.stage import BILLS_SECRET, PUBLIC_URL, Stage

PAUSE = timedelta(seconds=10)
"""Between two messages of one who types slowly."""
_REFERENCE = re.compile(r"(?<=№)[0-9A-Z]{5}(?!\w)|(?<=Ref\. )[0-9A-Z]{5}(?!\w)")
_NUMBER = re.compile(r"\d+(?:,\d\d)?")
_CODE = re.compile(r"\b\d{6}\b")
_FILLING = re.compile(r"\{(\w+(?: \w+)?) (\w+)\}")
_STRANGERS = 91_112_233


@dataclass
class Person:
    """One of a journey's people: a device, the phone that is his, and all that he has typed."""

    name: str
    kind: str
    phone: str
    device: Device
    typed: set[str] = field(default_factory=set)

    @property
    def address(self) -> Address:
        return self.device.address


class Told(AssertionError):
    """A step went otherwise than its file says; shows the conversation so far."""


async def tell(journey: Journey, stage: Stage, channel: str) -> None:
    """Play it. What no message may ever do is looked at after each step."""
    await Telling(journey, stage, channel).play()


class Telling:
    """One journey on one channel."""

    def __init__(self, journey: Journey, stage: Stage, channel: str) -> None:
        self.journey = journey
        self.stage = stage
        self.channel = channel
        self.people: dict[str, Person] = {}
        self.transcript: list[str] = []

    async def play(self) -> None:
        self.stage.clock.moment = self.journey.begins
        await self.stage.clear()
        await self.stage.database.write(world.fill([ACCOUNTS[name] for name in self.journey.accounts]))
        for number, (name, kind) in enumerate(self.journey.people.items()):
            await self._introduce(name, kind, number)
        for number, step in enumerate(self.journey.steps, 1):
            try:
                await self._play(step)
            except (AssertionError, LookupError) as problem:
                said = "\n".join(self.transcript)
                raise Told(f"step {number} on {self.channel}: {problem}\n{said}") from problem
        tables = await self.stage.database.read(_everything)
        for text in self.journey.nowhere:
            assert not [name for name, rows in tables.items() if text in rows], f"{text} was stored"

    async def _introduce(self, name: str, kind: str, number: int) -> None:
        phone = f"+799{_STRANGERS + number}" if kind == "stranger" else world.SUBSCRIBER
        person = Person(name, kind, phone, self.stage.device(self.channel, phone))
        self.people[name] = person
        if kind == "subscriber" and not self._is_on_file(person):
            linked_at = self.journey.begins - timedelta(days=7)
            names = self.journey.accounts
            numbers = [ACCOUNTS[name]["number"] for name in names if ACCOUNTS[name]["phone"] == phone]

            def job(connection: Connection) -> None:
                _link(connection, person.address, numbers, linked_at)

            await self.stage.database.write(job)
            if self.channel == "viber":
                await self._greet(person)

    async def _greet(self, person: Person) -> None:
        """Who was linked a week ago, has written before: Viber lets us write to nobody else."""
        self.stage.viber.chat(person.address.external_id).is_subscribed = True

    def _is_on_file(self, person: Person) -> bool:
        """Whether his messages come from the phone on file, as far as we can tell."""
        return isinstance(person.device, Plain) and person.phone == world.SUBSCRIBER

    async def _play(self, step: Step) -> None:
        person = self.people[step.who] if step.who else next(iter(self.people.values()))
        self.stage.clock.moment += timedelta(minutes=step.wait_minutes) or PAUSE
        before = {name: len(each.device.shown()) for name, each in self.people.items()}
        sms_before = len(self.stage.sms.sent)
        own_before = await self._own(person)
        await self._act(step, person)
        await self.stage.settle()
        news = {name: list(each.device.shown()[before[name] :]) for name, each in self.people.items()}
        self.transcript += [f"   {name} < {_printed(shown)}" for name, told in news.items() for shown in told]
        sms = [sent.text for sent in self.stage.sms.sent[sms_before:] if sent.to == world.SUBSCRIBER]
        for name, told in news.items():
            each = self.people[name]
            own = await self._own(each) | (own_before if each is person else set())
            for shown in told:
                await self._look_at(shown, each, own)
        answer = self._answer(step, person, news)
        self._check_others(step, person, news, sms)
        if answer is not None:
            self._check_answer(step, person, answer)
        await self.stage.database.read(lambda connection: _check_tables(connection, step, person))

    # What is done.

    async def _act(self, step: Step, person: Person) -> None:
        device, said = person.device, await self._words(step)
        self.transcript.append(f"{person.name} > {said}")
        person.typed |= set(re.findall(r"\d+", said))
        if step.event == "sweep":
            await self.stage.service.desk.sweep()
        elif step.event == "export":
            await self.stage.database.write(_export)
        elif step.operator:
            ref = await self.stage.database.read(_newest_case)
            await self.stage.moderation.reply(ref, step.operator, "irina", close=True)
        elif step.press is not None:
            await device.press(step.press)
        elif step.press_old is not None:
            await device.press_old(step.press_old)
        elif step.token is not None:
            await device.forge(said)
        elif step.join is not None:
            await device.join(said)
        elif step.contact is not None:
            phone = world.SUBSCRIBER if step.contact == "foreign" else person.phone
            await device.share_contact(phone, own=step.contact == "own")
        elif step.photo is not None:
            await device.send_photo(step.photo)
        elif step.sticker:
            await device.send_sticker()
        elif step.leave:
            await device.leave()
        else:
            await device.write(said)

    async def _words(self, step: Step) -> str:
        """What is typed or carried along."""
        if step.sms_code:
            code = next(found[0] for sms in reversed(self.stage.sms.sent) if (found := _CODE.search(sms.text)))
            return code if step.sms_code == "right" else f"{(int(code) + 1) % 1_000_000:06d}"
        if step.token is not None or step.join is not None:
            return await self._filled(step.token or step.join or "")
        return step.write or step.press or step.press_old or step.photo or step.operator or step.event or ""

    async def _filled(self, text: str) -> str:
        found = _FILLING.fullmatch(text) or _FILLING.search(text)
        if found is None:
            return text
        what, number = found[1], ACCOUNTS[found[2]]["number"]
        if what == "id":
            value = str(await self.stage.database.read(lambda connection: _id(connection, number)))
        else:
            last_month = date(2026, 9, 1) if what == "old bill" else date(2026, 12, 1)
            value = sign(number, last_month, b"another" if what == "forged bill" else BILLS_SECRET.encode())
        return text.replace(found[0], value)

    # What comes of it.

    def _answer(self, step: Step, person: Person, news: dict[str, list[Shown]]) -> Shown | None:
        """The one answer to who acted; on a phone that gets a notice as well, the last message is it."""
        told = news[person.name]
        if step.operator:
            assert len(told) == 1, f"the operator's words: {told}"
            return told[0]
        if step.is_silent:
            assert not told, f"{told} was said"
            return None
        assert len(told) == 1, f"{len(told)} answers"
        return told[0]

    def _check_others(self, step: Step, person: Person, news: dict[str, list[Shown]], sms: list[str]) -> None:
        for name, told in news.items():
            if name == person.name:
                continue
            wanted = step.hears.get(name)
            text = "\n".join(shown.text for shown in told)
            assert bool(told) == (wanted is not None), f"{name} was told {text!r}"
            assert all(part in text for part in wanted or ()), f"{name} was told {text!r}"
        assert set(step.hears) <= set(self.people)
        if self.channel == "sms" and self._is_on_file(person):
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
            link_ = answer.link or (re.search(r"https?://\S+", answer.text) or [""])[0]
            assert link_.startswith(f"{PUBLIC_URL}/my/") == step.page, f"the link {link_!r}"

    async def _look_at(self, shown: Shown, person: Person, own: set[int]) -> None:
        """What holds for every message: it is whole, and tells nothing of accounts that are not the reader's."""
        text = "\n".join((shown.text, *(label for row in shown.rows for label in row)))
        labels = [label for row in shown.rows for label in row]
        assert len(labels) == len(set(labels)), f"two buttons look the same: {labels}"
        assert shown.text.strip(), "an empty message"
        if isinstance(person.device, Plain):
            assert 1 <= segments(shown.text) <= 2, f"{segments(shown.text)} parts: {shown.text!r}"
            assert "..." not in shown.text, f"cut: {shown.text!r}"
            kept = await self.stage.database.read(lambda connection: _dialogue(connection, person.address))
            assert_listed(shown.text, kept)
        told = set(_NUMBER.findall(_REFERENCE.sub("", text))) - person.typed
        secrets = await self.stage.database.read(lambda connection: _secrets(connection, person.address, own))
        leaked = {secret for secret in secrets if secret in told or (not secret.isdecimal() and secret in text)}
        assert not leaked, f"{leaked} was told to {person.name}: {text!r}"

    async def _own(self, person: Person) -> set[int]:
        """The accounts that he may hear of."""
        phone = person.phone if isinstance(person.device, Plain) else ""
        return await self.stage.database.read(lambda connection: _own(connection, person.address, phone))


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


def _link(connection: Connection, address: Address, numbers: Sequence[str], linked_at: Any) -> None:
    """What linking leaves behind: a profile with its consent, and the links."""
    where = {"channel": address.channel, "external_id": address.external_id}
    row = {"heard_at": linked_at, "language": "", "consent": "1", "consent_at": linked_at}
    connection.execute(insert(profile).values(**where, **row))
    for number in numbers:
        key = _id(connection, number)
        proof = {"proof": "bill_code", "proved_at": linked_at, "linked_at": linked_at}
        connection.execute(insert(link).values(id=key, account_id=key, **where, **proof))


def _id(connection: Connection, number: str) -> int:
    return connection.execute(select(account.c.id).where(account.c.number == number)).scalar_one()


def _own(connection: Connection, address: Address, phone: str) -> set[int]:
    mine = select(link.c.account_id).where(link.c.channel == address.channel, link.c.external_id == address.external_id)
    found = set(connection.execute(mine).scalars())
    return found | set(connection.execute(select(account.c.id).where(account.c.phone == phone)).scalars())


def _dialogue(connection: Connection, address: Address) -> dict[str, Any]:
    mine = (profile.c.channel == address.channel, profile.c.external_id == address.external_id)
    kept = connection.execute(select(profile.c.dialogue).where(*mine)).scalar()
    nothing: dict[str, Any] = {"offered": [], "data": {}}
    return json.loads(kept) if kept else nothing


def _secrets(connection: Connection, address: Address, own: set[int]) -> set[str]:
    """What this reader may not learn: all that only others' accounts have, as it would stand in a text."""
    by_account: dict[bool, set[str]] = {True: set(), False: set()}
    for row in connection.execute(select(account)).all():
        found = {row.number, row.bill_code, row.address, mask_address(row.address), (row.phone or "").lstrip("+")}
        if row.balance:
            found.add(f"{abs(row.balance) // 100},{abs(row.balance) % 100:02d}")
        for each in connection.execute(select(meter).where(meter.c.account_id == row.id)).all():
            found |= {each.serial, *(str(value) for value in (each.t1, each.t2, each.t3) if value is not None)}
        for each in connection.execute(select(reading).where(reading.c.account_id == row.id)).all():
            found |= {str(value) for value in (each.t1, each.t2, each.t3, each.consumption) if value}
        for each in connection.execute(select(link).where(link.c.account_id == row.id)).all():
            found.add(each.name if each.external_id != address.external_id else "")
        by_account[row.id in own] |= found
    return by_account[False] - by_account[True] - {""}


def _check_tables(connection: Connection, step: Step, person: Person) -> None:
    if step.code is not None:
        latest = select(event.c.code).where(event.c.external_id == person.address.external_id)
        assert connection.execute(latest.order_by(event.c.id.desc()).limit(1)).scalar() == step.code
    if step.readings is not None:
        assert _readings(connection) == step.readings
    if step.cases is not None:
        rows = connection.execute(select(case.c.kind, case.c.state).order_by(case.c.opened_at, case.c.id))
        assert [f"{kind} {state}" for kind, state in rows] == step.cases
    if step.notes is not None:
        mine = select(case_action.c.note).where(case_action.c.moderator == BY_SUBSCRIBER)
        assert list(connection.execute(mine.order_by(case_action.c.id)).scalars()) == step.notes
    if step.links is not None:
        rows = connection.execute(
            select(account.c.number, link.c.proof, link.c.name)
            .join(link, link.c.account_id == account.c.id)
            .where(link.c.channel == person.address.channel, link.c.external_id == person.address.external_id)
            .order_by(link.c.linked_at, link.c.id)
        )
        assert [" ".join(filter(None, row)) for row in rows] == step.links
    if step.profile is not None:
        mine = (profile.c.channel == person.address.channel, profile.c.external_id == person.address.external_id)
        row = connection.execute(select(profile).where(*mine)).one_or_none()
        kept = {name: getattr(row, name) for name in step.profile} if row is not None else {}
        assert kept == step.profile
        assert bool(step.profile) == (row is not None)


def _readings(connection: Connection) -> list[str]:
    rows = connection.execute(
        select(meter.c.serial, reading.c.period, reading.c.t1, reading.c.t2, reading.c.t3, reading.c.status)
        .join(meter, meter.c.id == reading.c.meter_id)
        .order_by(reading.c.sent_at, reading.c.id)
    )
    return [
        f"{row[0]} {period_text(row[1])} {'/'.join(str(value) for value in row[2:5] if value is not None)} {row[5]}"
        for row in rows
    ]


def _newest_case(connection: Connection) -> str:
    row = connection.execute(select(case.c.id, case.c.reading_id).order_by(case.c.id.desc()).limit(1)).one()
    return reference(row.reading_id or row.id)


def _export(connection: Connection) -> None:
    connection.execute(update(reading).where(reading.c.status == "accepted").values(status="exported"))


def _everything(connection: Connection) -> dict[str, str]:
    return {table.name: repr(connection.execute(select(table)).all()) for table in metadata.sorted_tables}
