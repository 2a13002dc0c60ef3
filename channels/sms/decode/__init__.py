"""Reads what SMS gateways send us. Pure and total: any bytes give a `Decoded`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from channels.sms.decode.generic import Generic
from channels.sms.decode.incoming import Hearing, Refused
from channels.sms.decode.kannel import Kannel
from channels.sms.decode.smsgate import SmsGate
from channels.sms.settings import Settings
from core.domain.messages import Decoded, RawAnswer, RawRequest

Reader = Callable[[RawRequest], Decoded]


class Decoder:
    """Knows the reader for each path behind `/hooks/sms`."""

    def __init__(self, channel: str, settings: Settings) -> None:
        hearing = Hearing(channel, settings.own_numbers)
        kannel = Kannel(settings.kannel, hearing)
        self._readers: Mapping[str, Reader] = MappingProxyType(
            {
                "/generic": Generic(settings.generic, hearing).text,
                "/kannel": kannel.text,
                "/kannel/dlr": kannel.report,
                "/smsgate": SmsGate(settings.smsgate, hearing).event,
            }
        )

    def decode(self, request: RawRequest) -> Decoded:
        """Check and read one request; a refused one has a status of 4xx, no events and a `problem`."""
        reader = self._readers.get(request.path)
        if reader is None:
            return Decoded(answer=RawAnswer(404), problem="no gateway has this address")
        try:
            return reader(request)
        except Refused as refusal:
            return Decoded(answer=refusal.answer, problem=refusal.problem)
