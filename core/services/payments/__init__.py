"""Payments: from the button on our page to the provider's word and the subscriber's receipt."""

from core.services.payments.launching import Choices, Launching
from core.services.payments.opening import Refused
from core.services.payments.service import Payments
from core.services.payments.views import Stage, View

__all__ = ["Choices", "Launching", "Payments", "Refused", "Stage", "View"]
