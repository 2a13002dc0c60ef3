"""Addresses shown in part, and channels that must say less."""

import re
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.messages import Capabilities, TextUnit
from core.domain.privacy import mask_address, restricted

WRITTEN = {
    "г. Хабаровск, ул. Ленина, 57, кв. 12": "г. Хабаровск, ул. Ле***, 5*, кв. **",
    "г. Хабаровск, ул. Карла Маркса, д. 15, кв. 4": "г. Хабаровск, ул. Ка***, д. 1*, кв. **",
    "680000, Хабаровский край, г. Хабаровск, ул. Яшина, д. 15, корп. 2, кв. 45": (
        "Хабаровский край, г. Хабаровск, ул. Яш***, д. 1*, корп. 2*, кв. **"
    ),
    "г.Хабаровск,ул.Ленина,д.57а,кв.12": "г. Хабаровск, ул. Ле***, д. 5*, кв. **",
    "г Хабаровск ул Ленина 57 кв 12": "г Хабаровск ул Ле*** 5* кв **",
    "Ленина 57-12": "Ле*** 5*",
    "Хабаровск, Ленина, 57, 12": "Ха***, Ле***, 5*, **",
    "д. Ивановка, д. 3": "д. Ивановка, д. 3*",
    "Хабаровск г, Ленина ул, 5": "Ха***, Ле***, 5*",
    "пр-кт 60-летия Октября 128 лит. А": "пр-кт 6*** 1* лит. *",
    "Амурский бульвар 57": "Ам*** 5*",
    "ул. 50 лет Октября, д. 5": "ул. 5***, д. 5*",
    "п. Ягодное, ул. Спортивная, дом № 7, кв 3": "п. Ягодное, ул. Сп***, дом *, кв **",
    "с. Я, ул. Я, Я": "с. Я, ул. ***, ***",
    " , ;\n": "",
}


@pytest.mark.parametrize("address", [pytest.param(text, id=str(place)) for place, text in enumerate(WRITTEN)])
def test_address_is_masked_however_billing_writes_it(address: str) -> None:
    """The owner knows it again; the house has one digit left, the flat none."""
    assert mask_address(address) == WRITTEN[address]


STREETS = st.sampled_from(["Ленина", "Карла Маркса", "Уссурийский бульвар", "Серышева", "60-летия Октября"])
FORMS = st.sampled_from(
    [
        "г. Хабаровск, ул. {}, д. {}, кв. {}",
        "г.Хабаровск ул.{} д.{} кв.{}",
        "{}, {}, {}",
        "{} {} {}",
        "{} {}-{}",
        "Хабаровский край, р-н имени Лазо, п. Переяславка, пер {}, {}{}",
        "680000 г Хабаровск {} {} оф {}",
    ]
)


@given(FORMS, STREETS, st.integers(10, 399), st.integers(100, 999))
def test_no_street_house_or_flat_can_be_read(form: str, street: str, house: int, flat: int) -> None:
    """Whatever the form, two letters and one digit are the most that is left."""
    masked = mask_address(form.format(street, house, flat))
    assert not re.search(r"\d\d", masked)
    assert street.split(maxsplit=1)[0] not in masked


@given(st.text(max_size=60))
def test_anything_can_be_masked(text: str) -> None:
    """Billing may hand over anything; no number of two digits survives."""
    assert not re.search(r"\d\d", mask_address(text))


def test_restricted_channel_can_do_the_same_and_say_less() -> None:
    """Only the privacy flags change."""
    full = Capabilities(text_limit=4096, text_unit=TextUnit.UTF16, link_buttons=True, idempotent_send=True)
    before, after = asdict(full), asdict(restricted(full))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"may_show_balance", "may_send_payment_link", "may_show_address"}
    assert not any(after[name] for name in changed)
