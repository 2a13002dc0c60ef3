"""Robokassa: a signed link, a signed call when it was paid, and an XML interface that tells how a payment stands."""

from core.acquiring.robokassa.provider import RobokassaProvider
from core.acquiring.robokassa.settings import Receipt, Settings

__all__ = ["Receipt", "RobokassaProvider", "Settings"]
