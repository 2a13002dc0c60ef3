"""A twin of the three gateways on this machine, for the demo and for tests: no SMS leaves it."""

from channels.sms.emulator.gateways import SentSms
from channels.sms.emulator.incoming import IncomingSms
from channels.sms.emulator.server import Fault, SmsEmulator

__all__ = ["Fault", "IncomingSms", "SentSms", "SmsEmulator"]
