"""Numbers, values and senders as every screen of the staff says them, on a terminal and on the web."""

from collections.abc import Sequence

from core.domain.messages import Address
from core.domain.privacy import FORGOTTEN


def number(value: float) -> str:
    """`52 314`, with a space that does not break."""
    return f"{value:,.0f}".replace(",", "\u00a0")


def daily(value: float) -> str:
    """KWh a day: tenths matter below ten only."""
    return f"{value:.1f}" if 0 < value < 10 else number(value)  # noqa: PLR2004 - two digits that count


def values(given: Sequence[int]) -> str:
    """`5778 / 2542`."""
    return " / ".join(str(value) for value in given)


def sender(address: Address) -> str:
    """`sms …4567`: all that is told of somebody whose account is not known."""
    return f"{address.channel} …{address.external_id[-4:]}" if address.external_id != FORGOTTEN else address.channel
