"""One turn of a conversation: what the subscriber did, and how to answer in text, buttons or numbered choices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

from core.domain.accounts import Account
from core.domain.decisions import Decision
from core.domain.messages import Button, ButtonKind, Buttons
from core.domain.subscribers import Dialogue, Profile
from core.services.desk.scene import Scene
from core.services.fitting import compose, enriched
from core.services.texts.catalogue import Argument
from parsers import CommandKind, Parsed

MENU: Final = "menu"
"""The step in which nothing is under way but a menu was shown."""
UNSAID: Final = "unsaid"
"""Marks a dialogue whose question could not be asked yet, because nothing could be sent."""
_CUT: Final = "..."


@dataclass(slots=True)
class Turn:
    """What the subscriber did: chose (`pressed`, a token), asked in a word (`command`), or typed something (`text`)."""

    text: str = field(default="", repr=False)
    parsed: Parsed | None = None
    pressed: str = ""
    command: CommandKind | None = None
    phone: str = field(default="", repr=False)
    """Of the platform's own contact card, in E.164."""


class Choice(NamedTuple):
    """Something to choose; `short` is what a channel without buttons lists."""

    label: str
    token: str
    short: str = ""
    kind: ButtonKind = ButtonKind.CHOICE


Rows = Sequence[Sequence[Choice]]
Grid = tuple[tuple[Choice, ...], ...]


@dataclass(slots=True)
class Talk:
    """A turn with all that answering it needs. The answer goes into `decision`."""

    turn: Turn
    scene: Scene
    decision: Decision
    lead: str = ""
    """Said before the next answer, where there is room: that a message was not understood."""

    @property
    def profile(self) -> Profile:
        """The sender's profile, made if there is none. Whoever asks for it is about to change it."""
        known = self.scene.facts.profiles.get(self.scene.address)
        if known is None:
            known = Profile(address=self.scene.address, heard_at=self.scene.now, language=self.scene.language)
            self.scene.facts.profiles[self.scene.address] = known
        self.decision.profile = known
        return known

    @property
    def dialogue(self) -> Dialogue | None:
        """What is under way."""
        known = self.scene.facts.profiles.get(self.scene.address)
        return known.dialogue if known is not None else None

    @property
    def data(self) -> dict[str, Any]:
        """What the dialogue remembers; to be called while one is under way."""
        dialogue = self.profile.dialogue
        assert dialogue is not None  # noqa: S101 - a step runs only inside a dialogue
        return dialogue.data

    @property
    def accounts(self) -> list[Account]:
        """The accounts that the sender may ask about."""
        return self.scene.own_accounts()

    def aside(self) -> "Talk":
        """The same turn, to be answered otherwise: what is said there changes nothing here."""
        decision = self.decision
        spare = Decision(
            key=decision.key, event=decision.event, received_at=decision.received_at, sent_at=decision.sent_at
        )
        return Talk(self.turn, self.scene, spare, self.lead)

    def go(self, step: str, **data: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Begin a step, keeping of the old data only what is given."""
        about = [value for name, value in data.items() if name == "account" and isinstance(value, int)]
        self.profile.dialogue = Dialogue(step=step, at=self.scene.now, data=data, account_ids=about)

    def end(self) -> None:
        """Nothing is under way any more."""
        if self.dialogue is not None:
            self.profile.dialogue = None

    def render(self, key: str, **arguments: Argument) -> str:
        """A text in the subscriber's language."""
        return self.scene.rules.texts.render(self.scene.language, key, **arguments)

    def variants(self, key: str, **arguments: Argument) -> tuple[str, ...]:
        """A text and its short form, if it has one."""
        return self.scene.rules.texts.variants(self.scene.language, key, **arguments)

    def choice(self, key: str, token: str, kind: ButtonKind = ButtonKind.CHOICE, **arguments: Argument) -> Choice:
        """A choice labelled by a text; its `.short` is for channels without buttons."""
        label, *short = self.variants(key, **arguments)
        return Choice(label, token, short[0] if short else label, kind)

    def say(
        self,
        key: str,
        rows: Rows = (),
        *,
        by_word: bool = False,
        notes: Sequence[str] = (),
        link: tuple[str, str] | None = None,
        **arguments: Argument,
    ) -> None:
        """Answer with a text and choices: `say_texts` with the variants of a key."""
        variants = self.variants(key, **arguments)
        self.say_texts(variants, rows, by_word=by_word, notes=notes, link=link)

    def say_texts(
        self,
        variants: Sequence[str],
        rows: Rows = (),
        *,
        by_word: bool = False,
        notes: Sequence[str] = (),
        link: tuple[str, str] | None = None,
        fuller: Sequence[str] = (),
    ) -> None:
        """Answer. Choices become buttons, or else a numbered list.

        Args:
            variants: the text, fullest first.
            rows: the choices; beyond the channel's capabilities they are laid out anew.
            by_word: where there are no buttons, name the choices instead of numbering them: a number is an answer here.
            notes: sentences after the text that may be left out.
            link: an address of ours and the label of the button that opens it.
            fuller: texts that say more than `variants`, for where that costs nothing (`fitting.enriched`).
        """
        capabilities = self.scene.capabilities
        able, listed = _able(tuple(map(tuple, rows)), contact=capabilities.contact_button)
        if not (capabilities.button_rows or by_word) and all(choice.token == MENU for choice in listed):
            # A way out need not be listed where words are typed anyway.
            listed = ()
        decision = self.decision
        decision.buttons, decision.link, decision.link_label = (), "", ""
        below = ""
        if link is not None and capabilities.link_buttons:
            decision.link, decision.link_label = link
        elif link is not None:
            below = f"\n{link[0]}"
        if capabilities.button_rows:
            decision.buttons = self._laid_out(able)
        elif listed:
            below += f"\n{self._words(listed) if by_word else _numbered(listed)}"
        leads = (f"{self.lead} ", "") if self.lead else ("",)
        reply = compose([f"{lead}{text}{below}" for lead in leads for text in variants], notes, capabilities)
        decision.reply = enriched(reply, [f"{leads[0]}{text}{below}" for text in fuller], capabilities)
        if self.dialogue is not None:
            numbered = bool(listed) and not capabilities.button_rows and not by_word
            self._offer(listed, numbered=numbered)

    def put_below(self, rows: Rows) -> None:
        """Put buttons below an answer that stands already; for channels that have them."""
        able, listed = _able(tuple(map(tuple, rows)), contact=self.scene.capabilities.contact_button)
        self.decision.buttons = self._laid_out(able)
        if self.dialogue is not None:
            self._offer(listed, numbered=False)

    def _laid_out(self, able: Grid) -> Buttons:
        capabilities = self.scene.capabilities
        return _laid_out(able, capabilities.button_rows, capabilities.buttons_per_row, capabilities.label_limit)

    def _offer(self, listed: Sequence[Choice], *, numbered: bool) -> None:
        dialogue = self.profile.dialogue
        assert dialogue is not None  # noqa: S101 - the caller has looked
        # What the subscriber sees is what he types.
        is_plain = not self.scene.capabilities.button_rows
        dialogue.offered = [
            (choice.short or choice.label if is_plain else choice.label, choice.token) for choice in listed
        ]
        dialogue.data.pop("numbered", None)
        if numbered:
            dialogue.data["numbered"] = True

    def _words(self, listed: Sequence[Choice]) -> str:
        return self.render("or-word", words=", ".join(choice.short or choice.label for choice in listed))


def _numbered(listed: Iterable[Choice]) -> str:
    return "\n".join(f"{number} {choice.short or choice.label}" for number, choice in enumerate(listed, 1))


@lru_cache(maxsize=4096)
def _able(rows: Grid, *, contact: bool) -> tuple[Grid, tuple[Choice, ...]]:
    """What a channel can show of the rows, and the same in one row. Remembered as `_laid_out` is."""
    able = tuple(tuple(choice for choice in row if contact or choice.kind is ButtonKind.CHOICE) for row in rows)
    return able, tuple(choice for row in able for choice in row)


@lru_cache(maxsize=4096)
def _laid_out(rows: Grid, height: int, width: int, label_limit: int) -> Buttons:
    """Rows no wider and no more than the channel can show; what has no room below is left out: lists are paged.

    Remembered, because most answers have the same menu under them.
    """
    cut = [row[start : start + width] for row in rows for start in range(0, len(row), width)]
    return tuple(tuple(_button(choice, label_limit) for choice in row) for row in cut[:height])


def _button(choice: Choice, limit: int) -> Button:
    label = choice.label if len(choice.label) <= limit else choice.label[: limit - len(_CUT)].rstrip() + _CUT
    return Button(label, choice.token, choice.kind)


def chosen(text: str, dialogue: Dialogue) -> str:
    """The token of what a typed text chooses among what was offered: its number, or its label; empty for neither."""
    said = text.strip().casefold()
    figure = said.rstrip(".)")
    if dialogue.data.get("numbered") and figure.isascii() and figure.isdecimal():
        place = int(figure) - 1 if len(figure) < 3 else -1  # noqa: PLR2004 - no list has a hundred entries
        return dialogue.offered[place][1] if 0 <= place < len(dialogue.offered) else ""
    return next((token for label, token in dialogue.offered if label.casefold() == said), "")
