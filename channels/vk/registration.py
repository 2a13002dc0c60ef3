"""Tells VK where we are and what to tell us of, and looks whether it does.

Methods and their answers: `groups/` of https://github.com/VKCOM/vk-api-schema. They need the token's right to manage
the community.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from channels.vk.api import VERSION, Api
from channels.vk.decode import EVENTS, Json
from channels.vk.settings import Settings
from core.ports.channel import Misconfigured, OutcomeUnknown, SendFailure

HOOK: Final = "/hooks/vk"
TITLE: Final = "Meterline"
"""By this we know our server again when our address has changed. VK takes 14 characters."""
CONFIRMED: Final = "ok"
RIGHTS: Final = {"messages": "community messages", "manage": "community management"}
"""The names in groups.getTokenPermissions, and what the page says on which a token is made."""


class Registration:
    """Our place at VK's."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api = api
        self._mode = settings.mode
        self._group_id = settings.group_id
        self._secret = settings.secret.get_secret_value()
        self._confirmation = settings.confirmation

    async def register(self, public_url: str) -> list[str]:
        """Make VK deliver in the way that `mode` names: looks first and changes only what differs.

        Raises:
            SendFailure: VK cannot be told; `Misconfigured` says what staff must do first.
        """
        if self._mode == "longpoll":
            return await self._register_long_poll() or ["VK keeps its events for us already: nothing was changed"]
        url = public_url.rstrip("/") + HOOK
        done = await self._settle_server(url)
        server = next((one for one in await self._servers() if one.get("url") == url), {})
        done += await self._settle_events(server)
        if server.get("status") != CONFIRMED:
            done.append(
                f"VK has not confirmed {url} yet ({server.get('status')}): `meterline doctor` tells when it has"
            )
        return done or [f"VK delivers to {url} already: nothing was changed"]

    async def probe(self) -> list[str]:
        """What is wrong, one sentence each with what to do; sends nothing and changes nothing."""
        try:
            if wrong := await self._wrong_token():
                return wrong
            return await (self._wrong_long_poll() if self._mode == "longpoll" else self._wrong_callback())
        except Misconfigured as failure:
            return [f"{failure.detail}: see token, group_id and api_base in [channels.vk]"]
        except SendFailure as failure:
            return [f"{failure.detail}: see that api_base in [channels.vk] is reached from here, and try again"]

    async def _settle_server(self, url: str) -> list[str]:
        """Add our callback server, or mend it: one with this address, else the one with our title."""
        servers = await self._servers()
        found = [one for one in servers if one.get("url") == url] or [
            one for one in servers if one.get("title") == TITLE
        ]
        wanted = {"url": url, "title": TITLE, "secret_key": self._secret}
        if not found:
            await self._check_confirmation()
            await self._call("groups.addCallbackServer", **wanted)
            return [f"added the callback server {url}"]
        server = found[0]
        differs = {name for name in ("url", "secret_key") if server.get(name, wanted[name]) != wanted[name]}
        if not differs and server.get("status") == CONFIRMED:
            return []
        await self._check_confirmation()
        await self._call("groups.editCallbackServer", server_id=server.get("id"), **wanted)
        return [
            f"changed {' and '.join(sorted(differs))} of the callback server" if differs else "asked VK to try again"
        ]

    async def _check_confirmation(self) -> None:
        """VK asks for this string after a change and gives a new one from time to time; in between it means nothing."""
        code = (await self._call("groups.getCallbackConfirmationCode")).get("code")
        if code != self._confirmation:
            raise Misconfigured(
                f'VK wants to hear another confirmation string: set confirmation = "{code}" in [channels.vk], '
                "start again, and register again"
            )

    async def _settle_events(self, server: Json) -> list[str]:
        settings = await self._call("groups.getCallbackSettings", server_id=server.get("id"))
        if not (wrong := list(_wrong_settings(settings))):
            return []
        await self._call("groups.setCallbackSettings", server_id=server.get("id"), **_wanted_settings())
        return [f"set {', '.join(wrong)} of the callback server"]

    async def _register_long_poll(self) -> list[str]:
        settings = await self._call("groups.getLongPollSettings")
        wrong = [*([] if settings.get("is_enabled") else ["enabled"]), *_wrong_settings(settings)]
        if not wrong:
            return []
        await self._call("groups.setLongPollSettings", enabled=1, **_wanted_settings())
        return [f"set {', '.join(wrong)} of the long poll"]

    async def _wrong_token(self) -> list[str]:
        permissions = await self._call("groups.getTokenPermissions")
        names = {one.get("name") for one in _dicts(permissions.get("settings"))}
        if missing := [words for right, words in RIGHTS.items() if right not in names]:
            return [
                f"the token has no right to {' and '.join(missing)}: make a new one, and set token in [channels.vk]"
            ]
        community = next(iter(_dicts((await self._call("groups.getById", group_id=None)).get("groups"))), {})
        if community.get("id") != self._group_id:
            return [f"the token is of the community {community.get('id')}: set group_id or token in [channels.vk]"]
        return []

    async def _wrong_callback(self) -> list[str]:
        ours = [one for one in await self._servers() if urlsplit(str(one.get("url"))).path == HOOK]
        if not ours:
            return [
                f"no callback server of the community ends in {HOOK}: register, or add it as docs/channels/vk.md says"
            ]
        server = ours[0]
        wrong = []
        if server.get("secret_key", self._secret) != self._secret:
            wrong.append("VK's secret key is not ours, and all events are refused: set secret in [channels.vk] to it")
        if server.get("status") != CONFIRMED:
            wrong.append(
                f"VK says {server.get('status')} of {server.get('url')}: see that it is reached from outside by https, "
                "and confirm it in the community's settings (docs/channels/vk.md)"
            )
        settings = await self._call("groups.getCallbackSettings", server_id=server.get("id"))
        return [*wrong, *_settings_words(settings)]

    async def _wrong_long_poll(self) -> list[str]:
        settings = await self._call("groups.getLongPollSettings")
        if not settings.get("is_enabled"):
            return ["the long poll is switched off in the community: register, or switch it on under API usage"]
        return _settings_words(settings)

    async def _servers(self) -> list[Json]:
        return _dicts((await self._call("groups.getCallbackServers")).get("items"))

    async def _call(self, method: str, **parameters: object) -> Json:
        """A method about our community.

        Raises:
            SendFailure: VK refuses, or its answer cannot be read.
        """
        given = {"group_id": self._group_id} | parameters
        form = {name: str(value) for name, value in given.items() if value is not None}
        answer = await self._api.call(method, form)
        if isinstance(answer, dict):
            return answer
        if answer == 1:  # what methods that change something say
            return {}
        raise OutcomeUnknown(f"VK's answer to {method} cannot be read")


def _wanted_settings() -> dict[str, Any]:
    return {"api_version": VERSION, **dict.fromkeys(EVENTS, 1)}


def _wrong_settings(settings: Json) -> Iterator[str]:
    """What is not as we need it. Events beyond ours may stay on: they are answered and passed over."""
    if settings.get("api_version") != VERSION:
        yield "api_version"
    events = settings.get("events")
    events = events if isinstance(events, dict) else {}
    yield from (name for name in EVENTS if not events.get(name))


def _settings_words(settings: Json) -> list[str]:
    if wrong := list(_wrong_settings(settings)):
        return [
            f"{', '.join(wrong)} should be set for us at VK (the version is {VERSION}): register, or set it by hand"
        ]
    return []


def _dicts(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
