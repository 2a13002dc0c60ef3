"""The only place where the Telegram channel uses the network: aiogram's methods over the toolkit's session.

aiogram takes seconds and a hundred megabytes to import, so only `adapter` imports this module, when it opens.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteWebhook,
    GetChatMenuButton,
    GetFile,
    GetUpdates,
    GetWebhookInfo,
    SendMessage,
    SetChatMenuButton,
    SetWebhook,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType
from aiogram.types import MenuButtonDefault, MenuButtonWebApp, Message, WebAppInfo, WebhookInfo

from channels.telegram import failures
from channels.telegram.settings import Settings
from channels.toolkit import http
from channels.toolkit.pictures import Pictures
from core.domain.messages import Receipt
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, SendFailure

POLL_SECONDS = 30
"""How long Telegram holds our question open when there is nothing to tell."""
POLL_MARGIN = 10
"""Seconds more until we take the connection for dead."""
NO_PATH = "no_path"
"""A code of our own in `ContentRejected`."""
_log = logging.getLogger(__name__)


class Session(AiohttpSession):
    """aiogram's session over the toolkit's: the same limits and never a second try, and failures instead of errors.

    aiogram's errors hold the method, with the text and the chat, and aiohttp's the address, with the token.
    """

    def __init__(self, api_base: str, total_seconds: float) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_base))
        self._total_seconds = total_seconds

    async def create_session(self) -> aiohttp.ClientSession:
        """The session, made when there is none."""
        if self._session is None:
            self._session = http.session(total=self._total_seconds)
        return self._session

    async def close(self) -> None:
        """Close the session, if there is one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - the signature is aiogram's
    ) -> TelegramType:
        """Make one call.

        Raises:
            SendFailure: there was no answer, or it is an error, or it cannot be read.
        """
        session = await self.create_session()
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        form = self.build_form_data(bot, method)
        total = self._total_seconds if timeout is None else timeout
        limits = aiohttp.ClientTimeout(total=total, sock_connect=http.CONNECT_SECONDS)
        async with (
            http.vendor_call("Telegram"),
            session.post(url, data=form, timeout=limits, allow_redirects=False) as response,
        ):
            content = (await response.read()).decode("utf-8", "replace")
        return self._result(bot, method, response.status, content)

    def _result(self, bot: Bot, method: TelegramMethod[TelegramType], status: int, content: str) -> TelegramType:
        failure: SendFailure
        try:
            result = self.check_response(bot, method, status, content).result
        except (AiogramError, TypeError) as error:  # TypeError: a 5xx without a description (`in None`)
            failure = failures.failure(status, error, _private(method))
        else:
            if result is not None:
                return result
            failure = OutcomeUnknown(f"{status}, but the answer has no result")
        raise failure  # outside of `except`, so that aiogram's error does not hang on it


def _private(method: TelegramMethod[Any]) -> list[str]:
    """What of a method must not show in the words about its failure."""
    return [str(value) for name in ("text", "chat_id", "file_id") if (value := getattr(method, name, None))]


class RawUpdates(GetUpdates):
    """`getUpdates` as it comes: one update that aiogram cannot read must not hold up the others."""

    __returning__ = list[Any]


class Api:
    """Calls the Bot API, each method once. All raise a `SendFailure` and nothing else."""

    def __init__(self, settings: Settings, total_seconds: float) -> None:
        self._session = Session(settings.api_base, total_seconds)
        token = settings.token.get_secret_value()
        self._bot = Bot(token, session=self._session) if token else None
        self._pictures = Pictures("Telegram's files", settings.api_base, total=total_seconds)

    async def open(self) -> None:
        """Make the session, if there is none."""
        await self._session.create_session()

    async def close(self) -> None:
        """Close the session, if there is one."""
        await self._session.close()
        await self._pictures.close()

    async def send(self, fields: Mapping[str, Any]) -> Receipt:
        """`sendMessage` with the fields of `encode`."""
        message = await self._call(SendMessage(**fields))
        assert isinstance(message, Message)  # noqa: S101 - aiogram has read it as one
        return Receipt(str(message.message_id))

    async def picture(self, file_id: str) -> bytes:
        """`getFile` and the file: of those up to 20 MB, which is more than we take."""
        file = await self._call(GetFile(file_id=file_id))
        if self._bot is None or not file.file_path:
            raise ContentRejected(NO_PATH, "Telegram gives no path to the file")
        return await self._pictures.fetch(self._session.api.file_url(self._bot.token, file.file_path))

    async def updates(self, offset: int | None, kinds: Iterable[str]) -> list[Any]:
        """Wait for updates of these kinds; those before `offset` are confirmed by asking for it."""
        method = RawUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=list(kinds))
        updates: list[Any] = await self._call(method, POLL_SECONDS + POLL_MARGIN)
        return updates

    async def acknowledge(self, press_ids: Iterable[str]) -> None:
        """End the waiting of the apps whose buttons were pressed. A failure is logged: they give up by themselves."""
        await asyncio.gather(*map(self._acknowledge, press_ids))

    async def _acknowledge(self, press_id: str) -> None:
        try:
            await self._call(AnswerCallbackQuery(callback_query_id=press_id))
        except SendFailure as failure:
            _log.info("a pressed button could not be acknowledged: %s", failure.detail)

    async def call(self, method: TelegramMethod[TelegramType]) -> TelegramType:
        """Any other method."""
        return await self._call(method)

    async def webhook(self) -> WebhookInfo:
        """What Telegram knows of our webhook."""
        return await self._call(GetWebhookInfo())

    async def set_webhook(self, url: str, secret: str, kinds: Iterable[str]) -> None:
        """Have updates of these kinds brought to `url`."""
        await self._call(SetWebhook(url=url, secret_token=secret, allowed_updates=list(kinds)))

    async def delete_webhook(self) -> None:
        """Have updates kept until we ask."""
        await self._call(DeleteWebhook())

    async def menu_page(self) -> str:
        """The page that the button beside the field for typing opens; empty where it opens none."""
        return (await self.menu_button())[0]

    async def menu_button(self) -> tuple[str, str]:
        """That page, and what stands on the button."""
        found = await self._call(GetChatMenuButton())
        return (found.web_app.url, found.text) if isinstance(found, MenuButtonWebApp) else ("", "")

    async def set_menu_button(self, url: str, label: str) -> None:
        """Have the button of every chat open a page; empty: be Telegram's own again."""
        wanted = MenuButtonWebApp(text=label, web_app=WebAppInfo(url=url)) if url else MenuButtonDefault()
        await self._call(SetChatMenuButton(menu_button=wanted))

    async def _call(self, method: TelegramMethod[TelegramType], seconds: int | None = None) -> TelegramType:
        if self._bot is None:
            raise Misconfigured("the bot's token is not set")
        return await self._bot(method, seconds)
