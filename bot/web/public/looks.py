"""What the pages look like: templates that escape everything, words of two languages, one style sheet inside the page.

The style stands in the page itself, under the hash that the content security policy names: one request, no script, and
nothing that could tell another server of it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from core.domain.accounts import Account, mask
from core.domain.handovers import Purpose
from core.domain.privacy import mask_address

_FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("ru", "en")


def hash_of(source: str) -> str:
    """What a content security policy names a style or a script by that stands in the page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


STYLE: Final = (_FOLDER / "page.css").read_text(encoding="utf-8")
STYLE_HASH: Final = hash_of(STYLE)
_COUNTED: Final = ("readings", "messages", "replies", "cases", "reminders")
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"

Words = dict[str, Any]


def ask(language: str, purpose: Purpose) -> str:
    """The page with the button."""
    return render("ask.html", language, purpose=purpose.value)


def balance(language: str, account: Account | None, phones: Sequence[str], transit: int = 0) -> str:
    """What an account owes, and on which day; number and address only so far that the owner knows them again.

    `transit`: kopecks that were paid and are not in the balance yet.
    """
    kopecks = account.balance if account and account.balance_date else None
    state = "unknown" if kopecks is None else "debt" if kopecks > 0 else "overpaid" if kopecks < 0 else "zero"
    return render(
        "balance.html",
        language,
        state=state,
        sum=roubles(abs(kopecks)) if kopecks else "",
        date=f"{account.balance_date:%d.%m.%Y}" if account and account.balance_date else "",
        account=mask(account.number) if account else "",
        address=mask_address(account.address) if account else "",
        transit=roubles(transit) if transit else "",
        phones=dialled(phones),
    )


def data(language: str, document: dict[str, Any], file_token: str) -> str:
    """What we hold, counted, and the button to the file."""
    counted = {
        name: len(document[name])
        for name in ("readings", "messages", "replies", "cases", "reminders")
        if document[name]
    }
    accounts = [
        {"number": mask(item["number"]), "address": mask_address(item["address"]), "meters": len(item["meters"])}
        for item in document["accounts"]
    ]
    return render(
        "data.html", language, accounts=accounts, counted=counted, profile=document["profile"], file_token=file_token
    )


def missed(phones: Sequence[str]) -> str:
    """A link that shows nothing, whyever: in both languages, for nothing is known of who follows it."""
    return render("plain.html", LANGUAGES[0], kind="missed", phones=dialled(phones))


def unavailable(phones: Sequence[str]) -> str:
    """The database does not answer."""
    return render("plain.html", LANGUAGES[0], kind="unavailable", phones=dialled(phones))


def roubles(kopecks: int) -> str:
    """`1 234,56`, with spaces where no line breaks."""
    return f"{kopecks // 100:,}".replace(",", _NO_BREAK) + f",{kopecks % 100:02}"


def dialled(phones: Sequence[str]) -> list[tuple[str, str]]:
    """Phones as they are shown, each with what a telephone dials."""
    return [(phone, re.sub(r"[^\d+]", "", phone)) for phone in phones]


@cache
def words(language: str) -> Words:
    """The words of a language."""
    loaded: Words = json.loads((_FOLDER / f"words.{language}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def language_of(language: str) -> str:
    """The language that pages have; the first one for any other."""
    return language if language in LANGUAGES else LANGUAGES[0]


def render(name: str, language: str, **values: object) -> str:
    """A page from its template."""
    chosen = language_of(language)
    both = [(code, words(code)) for code in LANGUAGES]
    return (
        _templates().get_template(name).render(language=chosen, words=words(chosen), both=both, style=STYLE, **values)
    )
