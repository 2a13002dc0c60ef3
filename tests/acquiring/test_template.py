"""Links to the retailer's own site."""

from datetime import UTC, datetime

import pytest

from core.acquiring.template import Settings, TemplateProvider
from core.ports.acquiring import Invoice, Looks, Notifies


def invoice() -> Invoice:
    return Invoice(
        order_id=42,
        attempt=1,
        amount=98_705,
        account_number="27/01&1",
        description="",
        return_url="",
        notify_url="",
        idempotency_key="k",
        expires_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


async def test_the_gaps_are_filled_and_escaped() -> None:
    """An account's number cannot become a part of the address."""
    provider = TemplateProvider(Settings(url="https://pay.example.ru/{account}?sum={amount}&n={order}"))
    opened = await provider.create(invoice())
    assert opened.pay_url == "https://pay.example.ru/27%2F01%261?sum=987.05&n=42"
    await provider.open()
    await provider.close()


def test_nobody_tells_us_how_it_ended() -> None:
    """So neither is the provider asked, nor does it have a hook."""
    provider = TemplateProvider(Settings())
    assert not isinstance(provider, Looks | Notifies)


@pytest.mark.parametrize(
    "url",
    [
        "pay.example.ru/{account}",
        "https://x/",
        "https://x/{account}{other}",
        "https://x/{account",
        "https://x/{}",
        "https://x/{account.__class__}",
        "https://x/{amount}",
    ],
)
def test_patterns_that_lead_nowhere_are_refused(url: str) -> None:
    """At the start of the service, with what is wrong."""
    with pytest.raises(ValueError, match="account"):
        Settings(url=url)
