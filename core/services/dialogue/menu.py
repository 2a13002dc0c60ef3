"""The menu, help, and what a subscriber sets for himself."""

from functools import lru_cache
from typing import Final

from core.domain.messages import Button, Greeting
from core.services.desk import replies
from core.services.dialogue.talk import MENU, Choice, Rows, Talk
from core.services.texts import Texts

TOKENS: Final = ("submit", "balance", "payment", "accounts", "history", "help", "operator")


def rows(talk: Talk) -> Rows:
    """The menu's choices."""
    return _rows(talk.scene.rules.texts, talk.scene.language)


@lru_cache
def _rows(texts: Texts, language: str) -> Rows:
    """The same, made once: it stands under nearly every answer."""

    def choice(token: str) -> Choice:
        label, *short = texts.variants(language, f"menu-{token}")
        return Choice(label, token, short[0] if short else label)

    submit, balance, payment, accounts, history, help_, operator = map(choice, TOKENS)
    return ((submit,), (balance, payment), (accounts, history), (help_, operator))


def greeting(texts: Texts, language: str) -> Greeting:
    """The welcome and the menu for a channel that greets by itself."""
    buttons = tuple(tuple(Button(choice.label, choice.token) for choice in row) for row in _rows(texts, language))
    return Greeting(text=texts.render(language, "welcome"), buttons=buttons)


def show(talk: Talk, key: str = "menu") -> None:
    """Show the menu under a text. Buttons speak for themselves; a numbered list has to be remembered."""
    if talk.scene.capabilities.button_rows:
        talk.end()
    else:
        talk.go(MENU)
    talk.decision.code = talk.decision.code or MENU
    talk.say(key, rows(talk))


def under(talk: Talk) -> None:
    """Put the menu under an answer that stands already, where the channel has buttons for it."""
    if talk.scene.capabilities.button_rows and talk.decision.reply is not None and not talk.decision.buttons:
        talk.put_below(rows(talk))


def back(talk: Talk) -> Choice:
    """Back to where the choice before was made."""
    return talk.choice("choice-back", "back")


def cancel(talk: Talk) -> Choice:
    """Out of everything."""
    return talk.choice("choice-menu", MENU)


def help_(talk: Talk) -> None:
    """What can be done and whom to call; with buttons, what else can be set."""
    branch = talk.scene.rules.branch(next(iter(talk.accounts), None))
    first, last = (str(day) for day in branch.window)
    talk.decision.code = "help"
    further = (talk.choice("menu-settings", "settings"), talk.choice("menu-operator", "operator"))
    choices = (*rows(talk)[:-1], further) if talk.scene.capabilities.button_rows else ()
    talk.say("help", choices, open=first, close=last, phones=replies.phones(talk.scene, branch))


def settings(talk: Talk) -> None:
    """Reminders, language, one's own data."""
    talk.decision.code = "settings"
    talk.go("settings")
    remind = talk.profile.reminders
    toggle = talk.choice("settings-silence" if remind else "settings-remind", "do_not_remind" if remind else "remind")
    other = talk.choice("settings-language", "english" if talk.scene.language == "ru" else "russian")
    data = (talk.choice("settings-data", "my_data"), talk.choice("settings-forget", "forget_me"))
    talk.say("settings" if remind else "settings-silent", ((toggle,), (other,), data, (cancel(talk),)))


def set_reminders(talk: Talk, *, wanted: bool) -> None:
    """Switch reminders on or off."""
    talk.profile.reminders = wanted
    talk.end()
    talk.decision.code = "reminders_on" if wanted else "reminders_off"
    talk.say("reminders-on" if wanted else "reminders-off", ())
    under(talk)


def set_language(talk: Talk, language: str) -> None:
    """Speak another language from now on."""
    talk.profile.language = talk.scene.language = language
    talk.decision.code = "language"
    show(talk, "language-set")
