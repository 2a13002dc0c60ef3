"""The sample retailer: two small branches, one account of every kind and some that are just ordinary.

Deterministic: dates are counted from `today`, everything else is fixed. Nobody here exists, and no SMS leaves the demo.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from zlib import crc32

from bot.demo.household import OWN_PHONE, STRANGER, YEAR, Kind, SampleAccount, SampleMeter, Try, reading

READ_DAYS_AGO: Final = 30
"""When billing took its last readings: so a month's consumption is plausible whatever day the demo is shown."""
ORDINARY: Final = 22
"""How many ordinary accounts."""
_STREETS: Final = ("ул. Образцовая", "ул. Примерная", "пер. Учебный", "ул. Показательная")


@dataclass(frozen=True, slots=True)
class Sample:
    """All of it, on a day."""

    today: date
    accounts: tuple[SampleAccount, ...]

    @property
    def read_on(self) -> date:
        """When billing took the last readings."""
        return self.today - timedelta(days=READ_DAYS_AGO)

    @property
    def own(self) -> SampleAccount:
        """The account of `OWN_PHONE`."""
        return self.of(Kind.OWN)[0]

    def of(self, kind: Kind) -> list[SampleAccount]:
        """The accounts of a kind."""
        return [account for account in self.accounts if account.kind is kind]


def sample(today: date) -> Sample:
    """The retailer on a day."""
    return Sample(today, tuple(replace(account, bill_code=_bill_code(account)) for account in _households()))


def _bill_code(account: SampleAccount) -> str:
    """Six digits that look random and are the same every day."""
    return f"{crc32(account.number.encode()) % 10**6:06d}"


def _households() -> Iterator[SampleAccount]:
    """Every account, the visitor's own first. Some special ones come twice: the second is for the demo's prologue."""
    yield _own()
    for account, tries in _special():
        yield replace(account, tries=tries)
    yield _expired("2700518822", "41107755", "+79990010061", featured=False)
    yield _rollover("2700519933", "50330021", "+79990010062", featured=False)
    for index in range(ORDINARY):
        yield _ordinary(index)


def _own() -> SampleAccount:
    """The account that the help text's example names, so that the example can be sent as it stands."""
    name = "1234567890 12345678"
    meter = SampleMeter(serial="12345678", values=(5568, 2452))
    return SampleAccount(
        kind=Kind.OWN,
        number="1234567890",
        address="г. Хабаровск, ул. Образцовая, д. 7, кв. 12",
        phone=OWN_PHONE,
        balance="1284,50",
        meters=(meter,),
        tries=(
            Try("right", f"{name} 5778 2542", OWN_PHONE),
            Try("balance", "БАЛАНС", OWN_PHONE),
            Try("payment", "ОПЛАТА", OWN_PHONE),
            Try("words", "ЛС 1234567890 ПУ 12345678 день 5779,4 ночь 2543,9", OWN_PHONE),
            Try("letters", f"{name} 58О1 255О", OWN_PHONE, mistake=True),
            Try("swapped", f"{name} 2542 5778", OWN_PHONE, mistake=True),
            Try("x10", f"{name} 57784 2542", OWN_PHONE, mistake=True),
            Try("less", f"{name} 5478 2542", OWN_PHONE, mistake=True),
            Try("too_large", f"{name} 8778 2542", OWN_PHONE, mistake=True),
            Try("physical", f"{name} 25778 2542", OWN_PHONE, mistake=True),
            Try("zero", f"{name} 0 0", OWN_PHONE, mistake=True),
            Try("chat", "Здравствуйте, когда дадут свет?", OWN_PHONE, mistake=True),
            Try("strangers_balance", f"БАЛАНС {name}", STRANGER),
            Try("strangers_less", f"{name} 5478 2542", STRANGER),
            Try("few", f"{name} 5778", STRANGER),
            Try("strangers_reading", f"{name} 5790 2550", STRANGER),
        ),
    )


def _special() -> Iterator[tuple[SampleAccount, tuple[Try, ...]]]:
    """One of each kind with what to try; more than one try where the kinds of answer differ."""
    one = _account(Kind.ONE_ZONE, 1, SampleMeter(serial="20147701", values=(18240,)), balance="612,00")
    yield one, (Try("right", reading(one, 187)),)
    three = _account(Kind.THREE_ZONES, 2, SampleMeter(serial="20147702", values=(4105, 2890, 6020)), balance="940,15")
    yield three, (Try("right", reading(three, 62, 54, 88)),)
    renamed = _account(Kind.RENAMED, 3, SampleMeter(serial="20147703", values=(30115,)), old_number="418305")
    yield renamed, (Try("old_number", reading(renamed, 143).replace(renamed.number, "418305")),)
    yield _replaced()
    automatic = _account(Kind.AUTOMATIC, 5, SampleMeter(serial="20147705", values=(902, 511), automatic=True))
    yield automatic, (Try("reading", reading(automatic, 120, 60)),)
    expired = _expired("2700410606", "20147706", "+79990010006")
    yield expired, (Try("reading", reading(expired, 150)),)
    rollover = _rollover("2700410707", "20147707", "+79990010007")
    yield rollover, (Try("past_the_end", reading(rollover, 70)),)
    ratio = _account(Kind.RATIO, 8, SampleMeter(serial="20147708", values=(7310,), ratio=40), balance="18450,00")
    ratio = replace(ratio, tariff="village")
    yield ratio, (Try("right", reading(ratio, 96), ratio.phone),)
    yield _two_meters()
    for place, kind, balance in (
        (10, Kind.DEBT, "6730,90"),
        (11, Kind.OVERPAID, "-350,00"),
        (12, Kind.PAID, "0,00"),
        (13, Kind.UNKNOWN_BALANCE, ""),
    ):
        meter = SampleMeter(serial=f"201477{place}", values=(9000 + 1111 * (place - 9),))
        owner = _account(kind, place, meter, balance=balance)
        yield owner, (Try("balance", "БАЛАНС", owner.phone),)
    amur = _account(Kind.AMUR, 14, SampleMeter(serial="00047714", values=(11870, 6405), digits=6), balance="77,30")
    amur = replace(amur, branch="amur", number="0028001414", address="г. Благовещенск, ул. Примерная, д. 14, кв. 3")
    short = f"{amur.number.lstrip('0')} 47714 12040 6490"
    yield amur, (Try("right", reading(amur, 170, 85)), Try("no_zeros", short))


def _replaced() -> tuple[SampleAccount, tuple[Try, ...]]:
    old = SampleMeter(serial="20147704", values=(87020,), replaced=True)
    account = _account(Kind.REPLACED, 4, old, SampleMeter(serial="31900044", values=(12,), new=True), balance="455,20")
    return account, (Try("old_meter", reading(account, 90)), Try("new_meter", reading(account, 131, meter=1)))


def _two_meters() -> tuple[SampleAccount, tuple[Try, ...]]:
    house, garage = SampleMeter(serial="20147709", values=(22410, 10870)), SampleMeter(serial="20147799", values=(815,))
    account = _account(Kind.TWO_METERS, 9, house, garage, balance="2210,00")
    both = f"{account.number} {house.serial} 22590 10955\n{account.number} {garage.serial} 851"
    return account, (Try("both", both), Try("which", "900", account.phone))


def _expired(number: str, serial: str, phone: str, *, featured: bool = True) -> SampleAccount:
    meter = SampleMeter(serial=serial, values=(41200,), verification_days=-60)
    account = _account(Kind.EXPIRED, 6, meter, balance="310,00")
    return replace(account, number=number, phone=phone, featured=featured)


def _rollover(number: str, serial: str, phone: str, *, featured: bool = True) -> SampleAccount:
    account = _account(Kind.ROLLOVER, 7, SampleMeter(serial=serial, values=(99950,)), balance="523,40")
    return replace(account, number=number, phone=phone, featured=featured)


def _account(kind: Kind, place: int, *meters: SampleMeter, balance: str = "", old_number: str = "") -> SampleAccount:
    return SampleAccount(
        kind=kind,
        number=f"27004101{place:02d}",
        address=f"г. Хабаровск, {_STREETS[place % len(_STREETS)]}, д. {place}, кв. {place * 3}",
        phone=f"+799900100{place:02d}",
        balance=balance,
        old_number=old_number,
        meters=meters,
    )


def _ordinary(index: int) -> SampleAccount:
    """One or two zones, some without a phone, every fifth in the Amur branch; the numbers only look random."""
    amur = index % 5 == 4  # noqa: PLR2004 - every fifth
    values = ((3120 + 1733 * index) % 60000, (1410 + 977 * index) % 30000)[: 1 + (index % 3 == 0)]
    serial = f"{(7_654_321 + 11_000_027 * index) % 10**8:08d}"
    account = SampleAccount(
        kind=Kind.ORDINARY,
        number=f"0028{(1_903 + 41_233 * index) % 10**6:06d}" if amur else f"27{(60_321 + 841_237 * index) % 10**8:08d}",
        branch="amur" if amur else "khabarovsk",
        address=f"{'г. Благовещенск' if amur else 'г. Хабаровск'}, {_STREETS[index % 4]}, д. {20 + index}",
        phone="" if index % 7 == 6 else f"+799900200{index:02d}",  # noqa: PLR2004 - every seventh
        balance=f"{(index * 137) % 1900 - 300},{index * 7 % 100:02d}",
        meters=(SampleMeter(serial=serial, values=values, verification_days=(2 + index % 9) * YEAR),),
        featured=False,
    )
    used = (85 + 17 * index % 160, 40 + 11 * index % 70)[: len(values)]
    return replace(account, tries=(Try("right", reading(account, *used)),))
