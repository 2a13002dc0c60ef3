"""Sberbank's internet acquiring over its REST interface: the bank's own page takes the card."""

from core.acquiring.sberbank.provider import SberbankProvider
from core.acquiring.sberbank.settings import Settings

__all__ = ["SberbankProvider", "Settings"]
