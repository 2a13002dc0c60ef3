"""The page's files, read once: HTML with the words of a language put in, style and scripts as they are."""

import html
import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final

from bot.demo.household import OUR_NUMBER, OWN_PHONE, STRANGER, SampleAccount
from bot.demo.sample import Sample

LANGUAGES: Final = ("ru", "en")
"""The first is the default."""
CONTENT_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

_FOLDER: Final = files(__package__)
FILES: Final = {
    item.name: item.read_bytes() for item in _FOLDER.iterdir() if item.name.rpartition(".")[2] in CONTENT_TYPES
}
_PAGE: Final = Template(_FOLDER.joinpath("page.html").read_text("utf-8"))
WORDS: Final[dict[str, dict[str, Any]]] = {
    language: json.loads(_FOLDER.joinpath(f"words.{language}.json").read_text("utf-8")) for language in LANGUAGES
}
"""By language: `page` stands in the HTML, the rest is for the scripts."""


def render(language: str, sample: Sample, config: Path) -> str:
    """The page. What the scripts need stands in it as data, so it is there before the first stream of news."""
    words = WORDS[language]
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    data = {
        "language": language,
        "words": {name: part for name, part in words.items() if name != "page"},
        "phones": {"own": OWN_PHONE, "stranger": STRANGER, "ours": OUR_NUMBER},
        "accounts": [_account(account) for account in sample.accounts],
    }
    return _PAGE.substitute(
        {name: html.escape(text) for name, text in words["page"].items()},
        language=language,
        other=other,
        config=html.escape(str(config)),
        data=_inside_a_script(json.dumps(data, ensure_ascii=False)),
    )


def _account(account: SampleAccount) -> dict[str, Any]:
    return {
        "kind": account.kind.value,
        "number": account.number,
        "branch": account.branch,
        "phone": account.phone,
        "featured": account.featured,
        "bill_code": account.bill_code,
        "meters": [{"serial": meter.serial, "values": meter.values} for meter in account.meters],
        "tries": [asdict(item) for item in account.tries],
    }


def _inside_a_script(text: str) -> str:
    """JSON that cannot end the element it stands in."""
    return text.replace("<", "\\u003c")
