"""CloudPayments: an order with a page of its own, signed calls, and a search for how it stands."""

from core.acquiring.cloudpayments.provider import CloudpaymentsProvider
from core.acquiring.cloudpayments.settings import Settings

__all__ = ["CloudpaymentsProvider", "Settings"]
