"""The only place where the SMS channel uses the network."""

from http import HTTPStatus
from typing import Final

from yarl import URL

from channels.sms.encode import Call, generic_headers, kannel_login, smsgate_headers
from channels.sms.settings import Settings
from channels.toolkit.http import Answer, Caller
from channels.toolkit.wording import vendor_words
from core.ports.channel import Misconfigured, SendFailure

VENDORS: Final = {"kannel": "Kannel", "generic": "the generic gateway", "smsgate": "SMSGate"}
FORBIDDEN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Api:
    """Calls the gateway that sends."""

    def __init__(self, settings: Settings, total_seconds: float) -> None:
        self._settings = settings
        self._vendor = VENDORS[settings.gateway]
        # A new connection for each message: see `toolkit.http.session`.
        self._caller = Caller(self._vendor, total=total_seconds, keep_connections=False)

    async def open(self) -> None:
        """Make ready to call."""
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()

    async def call(self, call: Call) -> Answer:
        """Make one call, never twice.

        Raises:
            SendFailure: there was no answer (`toolkit.http.vendor_call`).
        """
        url = URL(call.url, encoded=True)
        return await self._caller.call(call.method, url, headers=call.headers, data=call.body or None)

    async def probe(self) -> list[str]:
        """What is wrong with the way to the gateway; sends no SMS."""
        settings = self._settings
        section = f"channels.sms.{settings.gateway}"
        try:
            call = _probe_call(settings)
            answer = await self.call(call)
        except Misconfigured as failure:
            return [f"{failure.detail}: set it in [{section}]"]
        except SendFailure as failure:
            return [f"{failure.detail}: see that {self._vendor} runs and that the address in [{section}] is its own"]
        if answer.status in FORBIDDEN:
            return [f"{self._vendor} refuses us ({answer.status}): compare the login in [{section}] with its own"]
        if settings.gateway == "kannel" and b"receiver" not in answer.body:
            words = vendor_words(answer.body, call.hide)
            return [f"{answer.status} {words}: sendsms_url in [{section}] does not seem to be Kannel's sendsms"]
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return [f"{self._vendor} is out of order ({answer.status}): look at its log"]
        return []


def _probe_call(settings: Settings) -> Call:
    """A call that every gateway answers without sending.

    Kannel: sendsms without a receiver is `Missing receiver number, rejected`, and `Authorization failed` before that.
    SMSGate: the state of a message that there is not, 404, and 401 before that. A generic gateway: HEAD.
    """
    if settings.gateway == "kannel":
        login = kannel_login(settings.kannel)
        url = str(URL(settings.kannel.sendsms_url).with_query(login))
        return Call(method="GET", url=url, hide=(login["password"],))
    if settings.gateway == "smsgate":
        url = settings.smsgate.api_url.rstrip("/") + "/message/probe"
        return Call(method="GET", url=url, headers=smsgate_headers(settings.smsgate))
    if not settings.generic.send_url:
        raise Misconfigured("send_url is not set")
    return Call(method="HEAD", url=settings.generic.send_url, headers=generic_headers(settings.generic))
