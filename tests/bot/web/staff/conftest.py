"""The staff's pages of the real service, with hashes that take no time, and a browser without a screen."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDictProxy

from bot import assembly
from bot.web.staff.gate import csrf_of
from core.domain.keys import Keys
from core.domain.staff import Member, Role, Stage
from core.services.staff import Lasting, Passwords, Sessions
from core.storage.staff import add, change
from tests.bot.conftest import Running
from tests.conftest import FixedClock
from tests.services.staff.desk import QUICK

Answer = tuple[int, str, CIMultiDictProxy[str]]
_keys = Keys()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "Passwords", lambda: Passwords(QUICK))


class Visit:
    """A browser: keeps cookies and goes nowhere by itself."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        async with self.session.request(method, f"{self.url}{path}", allow_redirects=False, **options) as answer:
            return answer.status, unescape(await answer.text()), answer.headers

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """As our own form would: with the session's token, from our own origin."""
        body = {"csrf": csrf_of(self.cookie()), **(form or {})}
        return await self.call("POST", path, data=body, headers={"Origin": self.url, **headers})

    def cookie(self, name: str = "staff") -> str:
        return next((cookie.value for cookie in self.session.cookie_jar if cookie.key == name), "")

    def have(self, token: str) -> "Visit":
        """Bear this cookie from now on."""
        self.session.cookie_jar.update_cookies({"staff": token}, aiohttp.client.URL(self.url))
        return self

    async def sign_in(self, name: str, password: str, **form: str) -> Answer:
        await self.get("/staff/sign-in")
        return await self.post("/staff/sign-in", {"name": name, "password": password, **form})


class Reception:
    """Makes accounts and sessions by the short way."""

    def __init__(self, running: Running, clock: FixedClock) -> None:
        self.url = running.url
        self.clock = clock
        self.database = running.service.database
        self.sessions = Sessions(self.database, clock, Lasting())
        self.opened: list[aiohttp.ClientSession] = []

    def visit(self, token: str = "") -> Visit:
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.opened.append(session)
        visit = Visit(self.url, session)
        return visit.have(token) if token else visit

    async def hire(
        self, name: str = "ivanova", role: Role = Role.MODERATOR, *, password: str = "", **columns: Any
    ) -> Member:
        now = self.clock.now()
        member = Member(id=_keys.new(now), name=name, display_name=columns.pop("display_name", name), role=role)
        values = {"password": QUICK.hash(password) if password else "", **columns}
        await self.database.write(lambda connection: add(connection, member, now))
        await self.database.write(lambda connection: change(connection, member.id, values))
        return member

    async def token(self, member: Member, stage: Stage = Stage.FULL) -> str:
        """A session's."""

        def job(connection: Any) -> str:
            return self.sessions.open(connection, member, stage, user_agent="Firefox, Linux")[0]

        return await self.database.write(job)


@pytest.fixture
async def reception(running: Running, clock: FixedClock) -> AsyncIterator[Reception]:
    reception = Reception(running, clock)
    yield reception
    for session in reception.opened:
        await session.close()


def said(page: str) -> str:
    """The words of a page's main part, on one line."""
    return re.sub(r"(?:<[^>]*>|[ \n])+", " ", page.partition("<main")[2])
