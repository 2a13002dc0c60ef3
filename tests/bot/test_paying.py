"""What the operator says about payments, and what the doctor finds."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.checkup import Verdict, payment_providers
from bot.complaints import FaultySettings
from bot.paying import PROVIDERS, SAVING, PaymentSettings, providers
from bot.settings import Settings, load
from core.acquiring import cloudpayments, robokassa
from core.acquiring.yookassa.emulator import YookassaEmulator
from core.acquiring.yookassa.provider import YookassaProvider
from core.ports.acquiring import ChargesSaved

URL = 'public_url = "https://sms.example.ru"'
TEMPLATE = '[payments.template]\nurl = "https://pay.example.ru/{account}"'
YOOKASSA = '[payments.yookassa]\nshop_id = "1"\nsecret_key = "s"'


def settings(folder: Path, server: str, payments: str, *branches: str) -> Settings:
    file = folder / "meterline.toml"
    sections = [
        f'[[branch]]\ncode = "b{number}"\nname = "B"\ntimezone = "Asia/Vladivostok"\n{lines}'
        for number, lines in enumerate(branches or ("",))
    ]
    file.write_text("\n".join(["[server]", server, payments, *sections]), encoding="utf-8")
    return load(file, {})


@pytest.mark.parametrize(
    ("server", "payments", "branch", "complaint"),
    [
        (URL, '[payments]\nprovider = "nobody"', "", "no payment provider is called 'nobody'"),
        (URL, '[payments]\nprovider = "yookassa"', "", r"needs the keys of \[payments.yookassa\]"),
        (URL, "", 'payment_provider = "template"', r"needs the keys of \[payments.template\]"),
        (URL, "[payments]\nleast = 500\nmost = 100", "", "least should not be above most"),
        ("", f'[payments]\nprovider = "template"\n{TEMPLATE}', "", "server.public_url"),
        ('trusted_proxies = ["nonsense"]', "", "", "trusted_proxies"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(
    tmp_path: Path, server: str, payments: str, branch: str, complaint: str
) -> None:
    """Not by the first subscriber who wants to pay."""
    with pytest.raises(FaultySettings, match=complaint):
        settings(tmp_path, server, payments, branch)


def test_each_branch_chooses(tmp_path: Path) -> None:
    """The retailer's provider, one of its own, or none."""
    found = settings(
        tmp_path,
        URL,
        f'[payments]\nprovider = "yookassa"\nleast = 50\norder_hours = 3\n{YOOKASSA}\ntest = true\n{TEMPLATE}',
        "",
        'payment_provider = "template"',
        'payment_provider = "none"',
    )
    terms = found.terms()
    assert terms.providers == {"b0": "yookassa", "b1": "template"}
    assert (terms.least, terms.lasts.total_seconds(), terms.test) == (5_000, 10_800, {"yookassa"})
    assert set(providers(found.payments)) == {"template", "yookassa"}


def test_no_payments_by_default(tmp_path: Path) -> None:
    """Nothing changes for who does not ask for them."""
    found = settings(tmp_path, "", "")
    assert found.terms().providers == {}
    assert providers(found.payments) == {}


BANKS = {
    "sberbank": 'token = "t-secret"\ncallback_key = "t-secret"\ntest = true',
    "cloudpayments": 'public_id = "pk"\napi_secret = "t-secret"\ntest = true',
    "robokassa": (
        'login = "shop"\npassword1 = "t-secret"\npassword2 = "t-secret2"\ntest = true\n'
        '[payments.robokassa.receipt]\nenabled = true\nsno = "osn"\ntax = "vat22"'
    ),
    "chronopay": 'product_id = "1-1-1"\nshared_secret = "t-secret"\ntoken_key = "t-secret-of-our-own"\ntest = true',
}


@pytest.mark.parametrize("name", sorted(BANKS))
def test_each_bank_is_a_section(tmp_path: Path, name: str) -> None:
    """Filled in, it takes payments; half filled in or missing, it is none; its secrets are not shown."""
    found = settings(tmp_path, URL, f'[payments]\nprovider = "{name}"\n[payments.{name}]\n{BANKS[name]}')
    assert {key: provider.name for key, provider in providers(found.payments).items()} == {name: name}
    assert found.terms().test == {name}
    assert "t-secret" not in repr(found)
    first = BANKS[name].partition("\n")[0] if name != "sberbank" else 'user_name = "u"'
    with pytest.raises(FaultySettings, match=rf"needs the keys of \[payments.{name}\]"):
        settings(tmp_path, URL, f'[payments]\nprovider = "{name}"\n[payments.{name}]\n{first}')


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ('[payments.chronopay]\ntoken_key = "short"', "token_key should have at least 16 characters"),
        ('[payments.chronopay]\nsenders = ["nonsense"]', "senders"),
        ("[payments.robokassa.receipt]\nenabled = true", "enabled needs sno and tax"),
        ('[payments.sberbank]\napi_url = "securepayments.sberbank.ru"', "api_url"),
        ('[payments.cloudpayments]\nsecret = "s"', "secret"),
    ],
)
def test_what_a_bank_cannot_mean(tmp_path: Path, section: str, complaint: str) -> None:
    """A mistake in a section is found at the start, and named."""
    with pytest.raises(FaultySettings, match=complaint):
        settings(tmp_path, URL, section)


def test_names_are_those_of_sections() -> None:
    """A provider's name stands in settings, in orders and in the path of its hook."""
    assert set(PROVIDERS) <= set(PaymentSettings.model_fields)


def test_settings_are_read_without_a_network_library() -> None:
    """Every command reads them, and is to start fast."""
    asked = "import sys, bot.settings; print('aiohttp' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert answer.stdout == "False\n"


@pytest.fixture
async def bank() -> AsyncIterator[YookassaEmulator]:
    emulator = YookassaEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


async def test_the_doctor_looks_at_every_provider(tmp_path: Path, bank: YookassaEmulator) -> None:
    """Reached and known; wrong key; nobody there. Nothing is paid."""
    key = 'secret_key = "test_emulated-secret-key"'
    section = f'[payments.yookassa]\nshop_id = "100500"\napi_base = "{bank.url}/v3"\n'
    well = await payment_providers(settings(tmp_path, URL, f"{section}{key}\n{TEMPLATE}"))
    assert [(each.check, each.verdict) for each in well] == [
        ("way to template", Verdict.OK),
        ("way to yookassa", Verdict.OK),
    ]
    (wrong,) = await payment_providers(settings(tmp_path, URL, f'{section}secret_key = "another"'))
    assert wrong.verdict is Verdict.FAULT
    assert "secret_key" in wrong.todo
    nowhere = section.replace(bank.url, "http://127.0.0.1:9")
    (silent,) = await payment_providers(settings(tmp_path, URL, f"{nowhere}{key}"))
    assert "no connection" in silent.found
    assert bank.payments == {}


def test_autopay_is_offered_where_cards_are_kept() -> None:
    """What settings know by name is what the providers can do."""
    built = {
        "yookassa": YookassaProvider(PaymentSettings().yookassa),
        "cloudpayments": cloudpayments.create(cloudpayments.Settings(public_id="pk")),
        "robokassa": robokassa.create(robokassa.Settings(login="l", password1="p", password2="q")),
    }
    assert {name for name, each in built.items() if isinstance(each, ChargesSaved)} == SAVING
