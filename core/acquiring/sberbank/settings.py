"""What the operator says about Sberbank's acquiring."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LIVE: Final = "https://securepayments.sberbank.ru/payment/rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Either `user_name` and `password`, or `token`; the bank gives one or the other."""

    user_name: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    callback_key: str = field(default="", repr=False)
    """The symmetric key of callbacks; empty refuses every one of them, and only the regular look is left."""
    api_url: str = LIVE
    """Up to `/rest`; the bank's contract names it, and another one for tests."""
    page_url: str = ""
    """The bank's page for our shop: what stands before `?mdOrder=` in its links. Only needed to find a payment again
    whose link did not reach us (`provider.SberbankProvider.create`)."""
    ca_bundle: Path | None = None
    """Certificates to trust beside the system's: the bank's are issued under the Russian Trusted Root CA."""
    is_test: bool = False
    """The bank's test system is behind `api_url`: what it calls paid is no money."""
