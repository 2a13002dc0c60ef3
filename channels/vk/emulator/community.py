"""The emulated community's settings for programs: rights of its token, callback servers, long poll.

Shapes: groups/ of https://github.com/VKCOM/vk-api-schema.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from channels.vk.emulator.dialogues import ApiError

SERVERS_LIMIT: Final = 10
TITLE_LIMIT: Final = 14
SECRET_LIMIT: Final = 50
OLD_VERSION: Final = "5.92"
"""What a server has that nobody has set a version for."""
MANAGE: Final = "manage"

ALL: Final = dict.fromkeys(("message_new", "message_event", "message_allow", "message_deny"), 1)

Confirm = Callable[[str, str], Awaitable[bool]]
"""Asks an address for the confirmation string, to call it with a secret from then on; tells whether it gave it."""
Form = Mapping[str, str]


class Community:
    """What the methods `groups.*` read and change. `confirm` calls our hook."""

    def __init__(self, group_id: int, confirmation: str, confirm: Confirm) -> None:
        self.group_id = group_id
        self.confirmation = confirmation
        self.rights = {"messages": 4096, MANAGE: 262_144}
        self.servers: list[dict[str, Any]] = []
        self.long_poll: dict[str, Any] = {"api_version": "5.199", "events": dict(ALL), "is_enabled": True}
        self.changes: list[str] = []
        """The methods that changed something."""
        self._events: dict[int, dict[str, Any]] = {}
        self._confirm = confirm

    async def call(self, method: str, form: Form) -> object:
        """One method.

        Raises:
            ApiError: there is none, the token may not, or the parameters are wrong.
        """
        name = method.removeprefix("groups.")
        if method == f"groups.{name}" and name in self._OPEN:
            return self._OPEN[name](self)
        if method != f"groups.{name}" or name not in self._MANAGED:
            raise ApiError(3, "Unknown method passed")
        if MANAGE not in self.rights:
            raise ApiError(15, "Access denied: no access to call this method")
        if form.get("group_id") != str(self.group_id):
            raise ApiError(203, "Access to group denied")
        if not name.startswith("get"):
            self.changes.append(method)
        return await self._MANAGED[name](self, form)

    def calls(self, url: str, kind: str) -> bool:
        """Whether an address is told of such updates: as its server is set, or of all where none was registered."""
        servers = [server["id"] for server in self.servers if server["url"] == url]
        return not servers or bool(self._events.get(servers[0], {}).get("events", {}).get(kind))

    def polls(self, kind: str) -> bool:
        """Whether such updates are kept for the long poll."""
        return self.long_poll["is_enabled"] and bool(self.long_poll["events"].get(kind))

    def _by_id(self) -> object:
        return {"groups": [{"id": self.group_id, "name": "Энергосбыт", "type": "group"}], "profiles": []}

    def _permissions(self) -> object:
        settings = [{"name": name, "setting": bit} for name, bit in self.rights.items()]
        return {"mask": sum(self.rights.values()), "settings": settings}

    async def _code(self, _form: Form) -> object:
        return {"code": self.confirmation}

    async def _list(self, _form: Form) -> object:
        return {"count": len(self.servers), "items": [dict(server) for server in self.servers]}

    async def _add(self, form: Form) -> object:
        if len(self.servers) >= SERVERS_LIMIT:
            raise ApiError(2000, "Servers number limit is reached")
        server = {"id": len(self.servers) + 1, "creator_id": 5550001, "status": "unconfigured"}
        self.servers.append(server)
        await self._set(server, form)
        return {"server_id": server["id"]}

    async def _edit(self, form: Form) -> object:
        await self._set(self._server(form), form)
        return 1

    async def _set(self, server: dict[str, Any], form: Form) -> None:
        """Fill in and ask the address for the confirmation string, as VK does after each change."""
        title, secret = form.get("title", ""), form.get("secret_key", "")
        if not 0 < len(title) <= TITLE_LIMIT or len(secret) > SECRET_LIMIT or not form.get("url"):
            raise ApiError(100, "One of the parameters specified was missing or invalid")
        server |= {"url": form["url"], "title": title, "secret_key": secret, "status": "wait"}
        server["status"] = "ok" if await self._confirm(form["url"], secret) else "failed"

    async def _settings(self, form: Form) -> object:
        return self._events.get(self._server(form)["id"], {"api_version": OLD_VERSION, "events": {}})

    async def _set_settings(self, form: Form) -> object:
        self._events[self._server(form)["id"]] = _settings_of(form)
        return 1

    async def _long_poll_settings(self, _form: Form) -> object:
        return self.long_poll

    async def _set_long_poll(self, form: Form) -> object:
        self.long_poll = {**_settings_of(form), "is_enabled": form.get("enabled") == "1"}
        return 1

    def _server(self, form: Form) -> dict[str, Any]:
        for server in self.servers:
            if str(server["id"]) == form.get("server_id"):
                return server
        raise ApiError(104, "Not found")

    _OPEN: Final = {"getById": _by_id, "getTokenPermissions": _permissions}
    _MANAGED: Final = {
        "getCallbackConfirmationCode": _code,
        "getCallbackServers": _list,
        "addCallbackServer": _add,
        "editCallbackServer": _edit,
        "getCallbackSettings": _settings,
        "setCallbackSettings": _set_settings,
        "getLongPollSettings": _long_poll_settings,
        "setLongPollSettings": _set_long_poll,
    }


def _settings_of(form: Form) -> dict[str, Any]:
    events = {name: int(value) for name, value in form.items() if name.startswith("message_")}
    return {"api_version": form.get("api_version", OLD_VERSION), "events": events}
