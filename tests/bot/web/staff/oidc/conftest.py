"""The service with an issuer of this machine, and a browser that follows it there and back."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.demo.configuration import free_port
from bot.settings import Settings, load
from core.storage.tables import staff_oidc_link
from tests.bot.oidc.emulator import CLIENT, SECRET, Issuer
from tests.bot.web.staff.conftest import Answer, Reception, Visit
from tests.conftest import FixedClock
from tests.services.staff.desk import everything

SUBJECT = "sub-of-ivanova"
DOWN = (503, "Единый вход сейчас не отвечает. Войдите по паролю")
ASTRAY = (403, "Этот вход начат в другом окне, уже завершён")
DENIED = (403, "Единый вход отказал, или вы отменили вход")
DISTRUSTED = (403, "Ответу единого входа нельзя доверять")
UNKNOWN = (403, "учётной записи для вас здесь нет")
LOCKED = (429, "Слишком много попыток")


@pytest.fixture
async def issuer(clock: FixedClock) -> AsyncIterator[Issuer]:
    """He knows ivanova, who is signed in there."""
    issuer = Issuer(clock, login="ivanova")
    issuer.has("ivanova")
    await issuer.start()
    yield issuer
    issuer.released.set()
    await issuer.stop()


@pytest.fixture
def section() -> dict[str, object]:
    """What a test says otherwise about [staff.oidc]."""
    return {}


@pytest.fixture
def settings(config: Path, issuer: Issuer, section: dict[str, object]) -> Settings:
    """With a public address, which is that of the test's server."""
    port = free_port(0)
    text = config.read_text(encoding="utf-8")
    public = f'port = {port}\npublic_url = "http://127.0.0.1:{port}"'
    config.write_text(text.replace("port = 0", public, 1), encoding="utf-8")
    issuer.redirect_uri = f"http://127.0.0.1:{port}/staff/oidc/callback"
    values = {"enabled": True, "issuer": issuer.url, "client_id": CLIENT, "client_secret": SECRET} | section
    names = {f"METERLINE__STAFF__OIDC__{name.upper()}": str(value) for name, value in values.items()}
    return load(config, names)


class Traveller:
    """Goes to the issuer and back, step by step."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    async def leave(self, following: str = "") -> str:
        """To our page that sends one off; the address it sends to."""
        status, page, headers = await self.visit.get(f"/staff/oidc{following and f'?next={following}'}")
        assert status == 303, page
        return headers["Location"]

    async def sign_in_there(self, address: str) -> str:
        """At the issuer; the path and query that he sends back to."""
        async with self.visit.session.get(address, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            parts = urlsplit(answer.headers["Location"])
        assert f"{parts.scheme}://{parts.netloc}" == self.visit.url
        return f"{parts.path}?{parts.query}"

    async def go(self, following: str = "") -> Answer:
        """All of it."""
        return await self.visit.get(await self.sign_in_there(await self.leave(following)))


def traveller(reception: Reception) -> Traveller:
    return Traveller(reception.visit())


async def subjects(reception: Reception) -> list[str]:
    return await everything(reception.database, staff_oidc_link.c.subject)


async def is_in(visit: Visit) -> bool:
    return (await visit.get("/staff/"))[0] == 200
