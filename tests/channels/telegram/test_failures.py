import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiogram.exceptions import ClientDecodeError, TelegramBadRequest, TelegramNotFound
from aiogram.methods import GetWebhookInfo
from aiohttp import web

from channels.telegram import Settings, create
from channels.telegram.adapter import TelegramChannel
from channels.telegram.api import Session
from channels.telegram.emulator import Fault, TelegramEmulator
from channels.telegram.failures import RULES, failure
from core.domain.messages import Address, Outbound
from core.ports.channel import (
    ContentRejected,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    RecipientUnavailable,
    SendFailure,
    TemporarilyUnavailable,
)
from core.ports.posts import GroupHasMoved
from tests.channels.telegram.harness import SUBSCRIBER, TOKEN


def error(code: int, description: str | None, **parameters: int) -> str:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return json.dumps(body | ({"parameters": parameters} if parameters else {}))


ANSWERS: dict[str, tuple[int, str, type[SendFailure]]] = {
    "blocked": (403, error(403, "Forbidden: bot was blocked by the user"), RecipientUnavailable),
    "deactivated": (403, error(403, "Forbidden: user is deactivated"), RecipientUnavailable),
    "never_started": (403, error(403, "Forbidden: bot can't initiate conversation with a user"), RecipientUnavailable),
    "chat_not_found": (400, error(400, "Bad Request: chat not found"), RecipientUnavailable),
    "deactivated_of_old": (400, error(400, "Bad Request: user is deactivated"), RecipientUnavailable),
    "peer": (400, error(400, "Bad Request: PEER_ID_INVALID"), RecipientUnavailable),
    "migrated": (
        400,
        error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100),
        GroupHasMoved,
    ),
    "too_long": (400, error(400, "Bad Request: message is too long"), ContentRejected),
    "button": (400, error(400, "Bad Request: BUTTON_DATA_INVALID"), ContentRejected),
    "too_large": (413, error(413, "Request Entity Too Large"), ContentRejected),
    "logged_out": (400, error(400, "Logged out"), Misconfigured),
    "revoked_token": (401, error(401, "Unauthorized"), Misconfigured),
    "no_token_at_all": (404, error(404, "Not Found"), Misconfigured),
    "conflict": (409, error(409, "Conflict: terminated by other getUpdates request"), Misconfigured),
    "flood": (429, error(429, "Too Many Requests: retry after 7", retry_after=7), RateLimited),
    "flood_without_a_number": (429, error(429, "Too Many Requests"), RateLimited),
    "restart": (500, error(500, "Internal Server Error: restart"), OutcomeUnknown),
    "no_description": (500, error(500, None), OutcomeUnknown),
    "proxy_down": (502, "<html>Bad Gateway</html>", OutcomeUnknown),
    "proxy_refuses": (503, "<html>Service Unavailable</html>", TemporarilyUnavailable),
    "proxy_gave_up": (504, "", OutcomeUnknown),
    "another_server": (404, "<html>nginx</html>", Misconfigured),
    "login_page": (302, "", Misconfigured),
    "censored": (403, "<html>Доступ ограничен</html>", Misconfigured),
    "unreadable": (200, "<html>", OutcomeUnknown),
    "half_an_answer": (200, '{"ok":true,"result":{"message_id":', OutcomeUnknown),
    "no_message": (200, '{"ok":true,"result":{"message":"sent"}}', OutcomeUnknown),
    "no_result": (200, '{"ok":true}', OutcomeUnknown),
    "a_list": (200, "[]", OutcomeUnknown),
    "unknown": (418, error(418, "I am a teapot"), ContentRejected),
    "unknown_and_unreadable": (451, "", ContentRejected),
}


class Server:
    """Answers whatever it is told to, to everything."""

    def __init__(self) -> None:
        self.status, self.body, self.location = 200, "", ""
        self.asked: list[str] = []
        self._runner: web.AppRunner | None = None

    async def start(self) -> Settings:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        here = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return Settings.model_validate({"token": TOKEN, "api_base": here})

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, text=self.body, headers=headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    yield server
    await server.stop()


def outbound(text: str = "Принято: 4711") -> Outbound:
    return Outbound(to=Address("telegram", SUBSCRIBER), text=text, idempotency_key="1001")


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_answers(name: str, server: Server) -> None:
    """Each answer means the failure that the tables give it, and its detail has the status."""
    server.status, server.body, expected = ANSWERS[name]
    channel = create(await server.start())
    with pytest.raises(SendFailure) as caught:
        await channel.send(outbound())
    await channel.close()
    assert type(caught.value) is expected
    assert str(server.status) in caught.value.detail
    assert len(server.asked) == 1
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert ("unknown code" in caught.value.detail) is name.startswith("unknown")


def test_every_rule_counts() -> None:
    """No rule is hidden by one above it."""
    for rule in RULES:
        found = failure(400, rule.error(method=GetWebhookInfo(), message=f"Error: {rule.words}"))
        assert type(found) is rule.failure


@pytest.mark.parametrize(("given", "seconds"), [(7, 7.0), (99_999, 3600.0)])
async def test_pause(given: int, seconds: float, server: Server) -> None:
    """The pause is Telegram's, within reason."""
    server.status, server.body = 429, error(429, f"Too Many Requests: retry after {given}", retry_after=given)
    channel = create(await server.start())
    with pytest.raises(RateLimited) as caught:
        await channel.send(outbound())
    await channel.close()
    assert caught.value.retry_after == seconds


def test_unknown_status_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A status that no table has is told to the operator, without Telegram's words."""
    failure(451, ClientDecodeError("Failed", ValueError(), "привет"))
    assert caplog.messages == ["Telegram answered with the unknown status 451"]


def test_words_are_cleaned() -> None:
    """Staff see Telegram's words without the text, the chat and anybody's number."""
    refused = TelegramBadRequest(method=GetWebhookInfo(), message="Bad Request: привет for chat 42 of 79161234567")
    assert failure(400, refused, ("привет", "42")).detail == "400 Bad Request: *** for chat *** of ***"


def test_error_without_words() -> None:
    """An error without a description is one all the same."""
    nothing: Any = None
    assert isinstance(failure(404, TelegramNotFound(method=GetWebhookInfo(), message=nothing)), Misconfigured)


async def test_no_token() -> None:
    """Without a token nothing is called."""
    channel = create(Settings())
    with pytest.raises(Misconfigured, match="token"):
        await channel.send(outbound())
    await channel.close()


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.BROKEN, Fault.RESTART, Fault.HANG, Fault.GARBLED])
async def test_in_doubt(emulator: TelegramEmulator, fault: Fault) -> None:
    """A message that Telegram may have taken is handed over once and reported as in doubt, without the token."""
    channel = TelegramChannel(emulator.settings(), total_seconds=0.3)
    await channel.open()
    emulator.fail(fault)
    with pytest.raises(OutcomeUnknown) as caught:
        await channel.send(outbound())
    await channel.close()
    assert emulator.api.calls == ["sendmessage"]
    assert TOKEN not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_redirect_is_not_followed(
    server: Server, emulator: TelegramEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The token goes nowhere but to the address that is set, and into no line of the log."""
    caplog.set_level(logging.DEBUG)
    server.status, server.location = 307, f"{emulator.url}/bot{TOKEN}/sendMessage"
    channel = create(await server.start())
    with pytest.raises(Misconfigured):
        await channel.send(outbound())
    await channel.close()
    assert len(server.asked) == 1
    assert emulator.api.calls == []
    assert TOKEN not in caplog.text


async def test_downloads_use_the_same_session(emulator: TelegramEmulator) -> None:
    """Whatever aiogram calls goes through the one session that closing closes."""
    session = Session(emulator.url, 1.0)
    first = await session.create_session()
    assert await session.create_session() is first
    await session.close()
    await session.close()
    assert first.closed
