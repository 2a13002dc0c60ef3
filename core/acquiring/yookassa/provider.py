"""YooKassa as a payment provider. It signs nothing: a call to us only says where to look, and we look by GET."""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any, Final

from core.acquiring.http import TOTAL_SECONDS, Answer, Caller, check
from core.acquiring.yookassa import decode, encode
from core.acquiring.yookassa.settings import Settings
from core.domain.messages import RawAnswer, RawRequest
from core.domain.registers import Entry, Unread
from core.ports.acquiring import Heard, Invoice, Opened, Payment, PaymentState
from core.ports.channel import ContentRejected, Misconfigured, OutcomeUnknown, SendFailure

TITLE: Final = "YooKassa"
PAGES: Final = 2_000
"""Of one list: 200,000 payments a day are more than any retailer has."""
_NOBODY: Final = Payment(state=PaymentState.UNKNOWN, provider_id="", order_id=None, amount=0, currency="")


class YookassaProvider:
    """One shop."""

    name = "yookassa"

    def __init__(self, settings: Settings, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._settings = settings
        self._caller = Caller(TITLE, total=total_seconds)
        self._networks = tuple(map(ip_network, settings.networks))
        account = f"{settings.shop_id}:{settings.secret_key.get_secret_value()}"
        self._authorization = {"Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}

    @property
    def methods(self) -> Sequence[str]:
        """What can be chosen on our page."""
        return self._settings.methods

    async def open(self) -> None:
        """Make ready to call."""
        await self._caller.open()

    async def close(self) -> None:
        """Free the connections."""
        await self._caller.close()

    async def create(self, invoice: Invoice) -> Opened:
        """Have YooKassa wait for a payment.

        Raises:
            SendFailure: it does not, or may or may not; `core.ports.acquiring` tells the classes.
        """
        made = await self._make(encode.payment(invoice, self._settings), invoice.idempotency_key)
        found = decode.identifier(made)
        link = decode.inner(made, "confirmation").get("confirmation_url")
        if made.get("status") == "canceled":
            raise ContentRejected("canceled", decode.payment(made).detail)
        if not found or (made.get("status") == "pending" and not _is_address(link)):
            raise OutcomeUnknown(f"the answer of {TITLE} cannot be read")
        return Opened(
            provider_id=found,
            pay_url=link if _is_address(link) and isinstance(link, str) else "",
        )

    async def charge(self, invoice: Invoice, token: str) -> str:
        """Charge a stored method; YooKassa's name for the payment.

        Raises:
            SendFailure: it does not, or may or may not; `core.ports.acquiring` tells the classes.
        """
        made = await self._make(encode.charge(invoice, token, self._settings), invoice.idempotency_key)
        if made.get("status") == "canceled":
            raise ContentRejected("canceled", decode.payment(made).detail)
        found = decode.identifier(made)
        if not found:
            raise OutcomeUnknown(f"the answer of {TITLE} cannot be read")
        return found

    async def _make(self, body: bytes, key: str) -> Mapping[str, Any]:
        """Hand a payment over, once under its key."""
        headers = {**self._authorization, "Idempotence-Key": key, "Content-Type": "application/json"}
        return self._read(await self._caller.post(f"{self._settings.api_base}/payments", body, headers=headers))

    async def look(self, *, order_id: int, attempt: int, provider_id: str) -> Payment:  # noqa: ARG002 - YooKassa knows its own id only
        """How a payment stands.

        Raises:
            SendFailure: YooKassa cannot be asked.
        """
        if not provider_id:
            return _NOBODY
        answer = await self._caller.get(
            f"{self._settings.api_base}/payments/{provider_id}", headers=self._authorization
        )
        if answer.status == HTTPStatus.NOT_FOUND:
            return _NOBODY
        found = decode.payment(self._read(answer))
        return found if found.provider_id == provider_id else _NOBODY

    async def list_payments(self, day: date) -> AsyncIterator[Entry | Unread]:
        """What was paid and what went back on a day in Moscow.

        Raises:
            SendFailure: YooKassa cannot be asked, or its list does not come to an end.
        """
        async for item in self._items("payments", encode.payments_of(day)):
            if (paid := decode.listed(item)) is not None:
                yield paid
        async for item in self._items("refunds", encode.refunds_of(day)):
            if (back := decode.returned(item)) is not None:
                yield back

    async def _items(self, name: str, query: Mapping[str, str]) -> AsyncIterator[object]:
        """Every object of a list, page by page."""
        cursor, seen = "", {""}
        while True:
            params = {**query, "cursor": cursor} if cursor else query
            url = f"{self._settings.api_base}/{name}"
            found = decode.page(self._read(await self._caller.get(url, params=params, headers=self._authorization)))
            if found is None:
                raise OutcomeUnknown(f"the list of {TITLE} cannot be read")
            items, cursor = found
            for item in items:
                yield item
            if not cursor:
                return
            if cursor in seen or len(seen) > PAGES:
                raise OutcomeUnknown(f"the list of {TITLE} goes round in circles")
            seen.add(cursor)

    def hear(self, request: RawRequest) -> Heard:
        """Check where a call comes from, and read what it is about."""
        if not self._is_theirs(request.peer):
            return Heard(answer=RawAnswer(status=HTTPStatus.FORBIDDEN))
        values = decode.as_object(request.body)
        if not values:
            return Heard(answer=RawAnswer(status=HTTPStatus.BAD_REQUEST))
        return Heard(answer=RawAnswer(), notification=decode.notification(values))

    async def probe(self) -> Sequence[str]:
        """What is wrong with the way to YooKassa: asks for the shop's own settings."""
        try:
            answer = await self._caller.get(f"{self._settings.api_base}/me", headers=self._authorization)
            shop = self._read(answer)
        except SendFailure as failure:
            return [f"{failure.detail}: see shop_id, secret_key and api_base in [payments.yookassa]"]
        is_test = shop.get("test")
        if isinstance(is_test, bool) and is_test is not self._settings.test:
            return [f"the shop is {'a test shop' if is_test else 'a live shop'}: set test in [payments.yookassa]"]
        return []

    def _is_theirs(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._networks)

    @staticmethod
    def _read(answer: Answer) -> Mapping[str, Any]:
        """The object in an answer of success.

        Raises:
            SendFailure: it is none.
        """
        check(answer, TITLE)
        values = decode.as_object(answer.body)
        if answer.status == HTTPStatus.OK and values:
            return values
        if answer.status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            raise OutcomeUnknown(f"{TITLE} is still at it (HTTP {answer.status})")
        words = " ".join(filter(None, (decode.code(values.get("code")), decode.code(values.get("parameter")))))
        if answer.status == HTTPStatus.NOT_FOUND:
            raise Misconfigured(f"{TITLE} has no such address (HTTP 404)")
        raise ContentRejected(str(answer.status), f"{TITLE} refuses: {words or answer.status}")


def _is_address(link: object) -> bool:
    return isinstance(link, str) and link.startswith(("https://", "http://")) and link.isprintable()
