import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import core.acquiring.chronopay.sign as chronopay
import core.acquiring.cloudpayments.sign as cloudpayments
import core.acquiring.robokassa.sign as robokassa
import core.acquiring.sberbank.sign as sberbank
from core.acquiring.robokassa import Settings

VECTORS = json.loads((Path(__file__).parent / "data/vectors.json").read_bytes())
SHOP = Settings(login="demo", password1="pass1", password2="pass2", algorithm="md5")
SIGN: dict[str, Callable[[dict[str, Any]], str]] = {
    "chronopay.link": lambda vector: chronopay.link(*vector["values"]),
    "chronopay.notification": lambda vector: chronopay.notification(vector["fields"], vector["secret"]),
    "cloudpayments.signature": lambda vector: cloudpayments.signature(vector["values"][0].encode(), vector["secret"]),
    "robokassa.link": lambda vector: robokassa.link(SHOP, *vector["values"], vector["fields"]),
    "robokassa.result": lambda vector: robokassa.result(SHOP, vector["fields"]),
    "sberbank.checksum": lambda vector: sberbank.checksum(vector["fields"], vector["secret"]),
}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_signature(vector: dict[str, Any]) -> None:
    """A signature over known values is the known one; Robokassa writes its own in either case of letters."""
    made = SIGN[vector["sign"]](vector)
    if vector["sign"] == "robokassa.result":
        assert made == vector["expected"].lower()
        assert robokassa.is_signed(SHOP, vector["fields"] | {"SignatureValue": vector["expected"]})
        assert robokassa.is_signed(SHOP, vector["fields"] | {"SignatureValue": vector["expected"].lower()})
    else:
        assert made == vector["expected"]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha384", "sha512"])
def test_algorithms(algorithm: Any) -> None:
    """Every algorithm that a shop can choose has digits of its own length."""
    length = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}[algorithm]
    assert len(robokassa.digest(algorithm, "demo", "1234.56")) == length
