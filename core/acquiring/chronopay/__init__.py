"""ChronoPay's payment page of old: a signed link, and a signed call when something became of it."""

from core.acquiring.chronopay.provider import ChronopayProvider
from core.acquiring.chronopay.settings import Settings

__all__ = ["ChronopayProvider", "Settings"]
