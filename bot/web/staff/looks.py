"""What the staff's pages look like: templates that escape everything, words of two languages, files of our own."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import jinja2
from aiohttp import web

from core.domain.staff import Member, Permission, Session, Stage

_FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = ("ru", "en")
THEMES: Final = ("auto", "light", "dark")
STATIC: Final = "/staff/static/"

Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation."""

    path: str
    name: str
    """Its key among the words' `sections`."""
    permission: Permission


SECTIONS: Final = (
    Section("/staff/", "home", Permission.OWN_ACCOUNT),
    Section("/staff/queue", "queue", Permission.VIEW_QUEUE),
    Section("/staff/entry", "entry", Permission.ENTER_READINGS),
    Section("/staff/overview", "overview", Permission.SEE_STATISTICS),
    Section("/staff/statistics", "statistics", Permission.SEE_STATISTICS),
    Section("/staff/account", "account", Permission.OWN_ACCOUNT),
)
"""Shown to whoever has the permission, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every page depends on."""

    path: str
    language: str
    theme: str = THEMES[0]
    csrf: str = ""
    member: Member | None = None
    """Who is signed in, all the way."""
    is_half_way: bool = False
    """Whether there is a session that has not come all the way."""
    shows_form: bool = True
    """Whether a visitor without a cookie needs one for the form on this page."""


def view(path: str, accept_language: str) -> View:
    """Of a visitor of whom nothing is known but what his browser prefers."""
    wanted = [part.partition(";")[0].strip().lower()[:2] for part in accept_language.split(",")]
    return View(
        path=path,
        language=next((code for code in wanted if code in LANGUAGES), LANGUAGES[0]),
        shows_form=not path.startswith(STATIC),
    )


def view_of(view: View, session: Session | None, csrf: str) -> View:
    """The same of somebody with a session."""
    if session is None:
        return replace(view, csrf=csrf)
    member = session.member
    theme = member.preferences.get("theme", THEMES[0])
    return replace(
        view,
        csrf=csrf,
        language=member.language if member.language in LANGUAGES else view.language,
        theme=theme if theme in THEMES else THEMES[0],
        member=member if session.stage is Stage.FULL else None,
        is_half_way=session.stage is not Stage.FULL,
    )


def page(view: View, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object) -> web.Response:
    """A page from a template, which finds `view`, `words` and `sections` beside the values."""
    member = view.member
    text = (
        templates()
        .get_template(template)
        .render(
            view=view,
            words=words(view.language),
            languages=LANGUAGES,
            themes=THEMES,
            sections=[section for section in SECTIONS if member is not None and member.may(section.permission)],
            **values,
        )
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


@cache
def words(language: str) -> Words:
    """The words of a language: each part's own file, whose groups may add to those of another's (`sections`)."""
    found: Words = {}
    for path in sorted((_FOLDER / "words").glob(f"*.{language}.json")):
        for key, value in json.loads(path.read_text(encoding="utf-8")).items():
            both = isinstance(value, dict) and isinstance(found.get(key), dict)
            found[key] = {**found[key], **value} if both else value
    return found


@cache
def templates() -> jinja2.Environment:
    """All templates."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = address_of
    return environment


@dataclass(frozen=True, slots=True)
class File:
    """A file of ours that browsers may keep for ever, for another one has another name."""

    content_type: str
    body: bytes


@cache
def files() -> Mapping[str, File]:
    """All files of the folder by their hashed names: `staff.1f2e3d4c5b6a.css`."""
    found = {}
    for path in sorted((_FOLDER / "static").iterdir()):
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found[f"{path.stem}.{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"] = File(kind, body)
    return found


@cache
def address_of(name: str) -> str:
    """Where a file is, by its plain name.

    Raises:
        KeyError: there is no such file.
    """
    stem, _, suffix = name.rpartition(".")
    for hashed in files():
        if hashed.startswith(f"{stem}.") and hashed.endswith(f".{suffix}") and len(hashed) == len(name) + 13:
            return STATIC + hashed
    raise KeyError(name)
