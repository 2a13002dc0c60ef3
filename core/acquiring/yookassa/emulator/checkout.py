"""The bank's page as the emulated YooKassa shows it: a sum, a button to pay and one not to."""

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any


def page(payment: Mapping[str, Any]) -> str:
    """The page of a payment as YooKassa's object has it."""
    template = Template(files(__package__).joinpath("checkout.html").read_text("utf-8"))
    amount = str(payment["amount"]["value"]).replace(".", ",")
    return template.substitute(amount=escape(amount), description=escape(payment["description"]))
