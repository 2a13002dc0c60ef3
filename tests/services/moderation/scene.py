"""A queue to decide about: an account, its meter, readings and cases, and a service over them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from core.domain.keys import Keys, reference
from core.domain.messages import Capabilities
from core.services.moderation import Moderation
from core.services.texts import Texts
from core.storage import tables
from core.storage.database import Database
from tests.conftest import FixedClock
from tests.world import AMUR, KHABAROVSK, SMS, SUBSCRIBER, fill

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PERIOD = 202611
IRINA, OLEG = "irina", "oleg"


class Scene:
    """Puts rows in place and looks at what became of them."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock
        self.keys = Keys()
        self.account = 0
        self.meter = 0

    def moderation(
        self, database: Database | None = None, capabilities: Mapping[str, Capabilities] | None = None
    ) -> Moderation:
        return Moderation(
            database or self.database,
            branches={"khb": KHABAROVSK, "amur": AMUR},
            texts=Texts(),
            capabilities={"sms": SMS} if capabilities is None else capabilities,
            clock=self.clock,
        )

    async def with_meter(self, number: str = "1234567890", **columns: Any) -> "Scene":
        """An account with a two-zone meter, last billed 5466 / 2301 on 23 October."""
        meter = {"serial": "12345678", "zones": 2, "t1": 5466, "t2": 2301, "read_on": date(2026, 10, 23)} | columns
        account = {"number": number, "phone": SUBSCRIBER, "address": "г. Хабаровск, ул. Калинина, д. 12, кв. 27"}

        def job(connection: Connection) -> None:
            fill([account | {"meters": [meter]}])(connection)
            row = connection.execute(select(tables.meter).order_by(tables.meter.c.id.desc())).first()
            assert row is not None
            self.account, self.meter = row.account_id, row.id

        await self.database.write(job)
        return self

    async def reading(self, values: tuple[int, ...] = (5778, 2542), **columns: Any) -> int:
        """A reading of the meter, in review if nothing else is said; `ago` is how long ago it was sent."""
        sent = NOW - columns.pop("ago", timedelta(hours=3))
        key: int = columns.pop("id", self.keys.new(sent))
        await self._insert(
            tables.reading,
            {
                "id": key,
                "account_id": self.account,
                "meter_id": self.meter,
                "period": PERIOD,
                **{f"t{number}": value for number, value in enumerate(values, 1)},
                "consumption": 553,
                "status": "in_review",
                "code": "physical_limit",
                "channel": "sms",
                "external_id": SUBSCRIBER,
                "sent_at": sent,
                "received_at": sent,
            }
            | columns,
        )
        return key

    async def case(self, reading: int | None = None, **columns: Any) -> str:
        """An open case; returns the reference to name it by."""
        known = {"account_id": self.account, "meter_id": self.meter, "branch": "khb"} if reading else {}
        opened = columns.pop("opened_at", NOW - timedelta(hours=3))
        row = {
            "id": self.keys.new(opened),
            "kind": "physical_limit",
            "state": "open",
            "branch": "",
            "reading_id": reading,
            "channel": "sms",
            "external_id": SUBSCRIBER,
            "text": "",
            "opened_at": opened,
        }
        row |= known | columns
        await self._insert(tables.case, row)
        return reference(reading or row["id"])

    async def event(self, text: str, **columns: Any) -> int:
        """A message of the subscriber; returns its key, which its answer shares."""
        at = columns.pop("at", NOW - timedelta(hours=3))
        key = self.keys.new(at)
        row = {"id": key, "channel": "sms", "event_id": str(key), "external_id": SUBSCRIBER, "kind": "TextReceived"}
        row |= {"sent_at": at, "sent_at_believed": True, "received_at": at, "text": text, "raw": ""}
        await self._insert(tables.event, row | {"outcome": "handled", "code": "physical_limit"} | columns)
        return key

    async def answer(self, key: int, text: str, at: datetime = NOW) -> None:
        """Our answer to a message."""
        row = {"id": key, "channel": "sms", "external_id": SUBSCRIBER, "priority": 0, "text": text, "state": "sent"}
        row |= {"attempts": 1, "created_at": at, "due_at": at, "expires_at": at}
        await self._insert(tables.outbox, row)

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """A table, in the order of its keys."""
        query = select(table).order_by(table.c.id)
        return await self.database.read(lambda connection: [dict(row._mapping) for row in connection.execute(query)])

    async def row(self, table: Table, key: int | None = None) -> dict[str, Any]:
        """One row: the one with the key, or the only one."""
        found = [row for row in await self.rows(table) if key is None or row["id"] == key]
        assert len(found) == 1
        return found[0]

    async def messages(self) -> list[str]:
        """The texts in the outbox."""
        return [row["text"] for row in await self.rows(tables.outbox)]

    async def actions(self) -> list[tuple[str, str, str]]:
        """Who did what, with the note."""
        return [(row["moderator"], row["action"], row["note"]) for row in await self.rows(tables.case_action)]

    async def _insert(self, table: Table, row: dict[str, Any]) -> None:
        await self.database.write(lambda connection: connection.execute(insert(table).values(row)))
