"""What a decision says to the subscriber, in his language, as his channel can carry it. Pure but for the texts."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from core.domain.accounts import Branch, mask
from core.domain.keys import reference
from core.domain.lengths import measure
from core.domain.messages import Capabilities
from core.domain.privacy import FORGOTTEN, unfit
from core.services.fitting import fit
from core.services.moderation.requests import Refused, Reject, Reply, Request, Ruling, Untold
from core.services.texts import Texts
from core.storage.cases import Picture

CANNED: Final = "canned-"
REASON: Final = "reason-"


class Canned(NamedTuple):
    """A text that a moderator may choose: the word to choose it by, and what the subscriber would read."""

    name: str
    text: str


class Saying(NamedTuple):
    """What the subscriber is told, or why he is told nothing."""

    text: str = ""
    untold: Untold | None = None


class Wording:
    """Puts decisions into words."""

    def __init__(self, texts: Texts, capabilities: Mapping[str, Capabilities]) -> None:
        self._texts = texts
        self._capabilities = capabilities

    def say(self, seen: Picture, ruling: Ruling, branch: Branch) -> Saying:
        """What the subscriber is told, or why he is told nothing.

        Raises:
            Refused: the moderator's words do not fit the channel; cut short they might say something else. Or they hold
                what a restricted channel must not carry.
        """
        if not (ruling.words or ruling.text_key):
            return Saying()
        channel = seen.case.address.channel
        capabilities = self._capabilities.get(channel)
        if seen.case.address.external_id == FORGOTTEN:
            return Saying(untold=Untold.FORGOTTEN)
        if capabilities is None:
            return Saying(untold=Untold.NOT_SET_UP)
        if seen.unreachable:
            return Saying(untold=Untold.BLOCKED)
        variants = self._variants(seen, ruling, branch)
        # A canned reply may be the operator's own text.
        own = variants[0] if ruling.text_key.startswith(CANNED) else f"{ruling.words} {ruling.reason}"
        found = unfit(own, seen.account.address if seen.account else "", capabilities)
        if found:
            raise Refused(
                f"{channel} must not carry {found} ([privacy] in the configuration); say it without, or call",
                "must_not_carry",
                channel=channel,
                what=found,
            )
        text = fit(variants, capabilities)
        if text in variants:
            return Saying(text)
        size = measure(variants[-1], capabilities.text_unit)
        unit = capabilities.text_unit
        limit = capabilities.text_limit
        raise Refused(
            f"too long for {channel}: {size} {unit}, {limit} fit; say it in fewer words",
            "too_long",
            channel=channel,
            size=size,
            limit=limit,
            unit=unit,
        )

    def canned(self, seen: Picture, branch: Branch) -> list[Canned]:
        """The canned replies that can be sent about this case: those whose figures it has."""
        return [
            Canned(name, self._render(seen, f"{CANNED}{name}", branch))
            for name in self._names(CANNED)
            if self._missing(seen, f"{CANNED}{name}") is None
        ]

    def reasons(self, seen: Picture) -> list[Canned]:
        """The reasons of a rejection, in the subscriber's language."""
        return [Canned(name, self._texts.render(seen.language, f"{REASON}{name}")) for name in self._names(REASON)]

    def check(self, seen: Picture, request: Request) -> None:
        """Whether the texts that a request names are there, and have what they need.

        Raises:
            Refused: they are not; it lists those that are.
        """
        if isinstance(request, Reject) and request.code:
            self._must_know(REASON, request.code, "reason")
        elif isinstance(request, Reply) and request.canned:
            self._must_know(CANNED, request.canned, "canned reply")
            missing = self._missing(seen, f"{CANNED}{request.canned}")
            if missing is not None:
                raise Refused(f"the case has no {missing}, which this reply names", "names_missing")

    def _must_know(self, prefix: str, name: str, what: str) -> None:
        names = self._names(prefix)
        if name not in names:
            raise Refused(f"there is no {what} {name!r}; there are {', '.join(names)}", "no_such_words")

    def _names(self, prefix: str) -> list[str]:
        """In the order of the alphabet; the same in all languages, which a test of the texts sees to."""
        return sorted(key.removeprefix(prefix) for key in self._texts.keys("ru") if key.startswith(prefix))

    def _missing(self, seen: Picture, key: str) -> str | None:
        return "meter" if seen.meter is None and "meter" in self._texts.placeholders(seen.language, key) else None

    def _variants(self, seen: Picture, ruling: Ruling, branch: Branch) -> tuple[str, ...]:
        if ruling.words:
            return (_masked(ruling.words, seen),)
        if ruling.text_key.startswith(CANNED):
            return (self._render(seen, ruling.text_key, branch),)
        reading = ruling.reading
        assert reading is not None  # noqa: S101 - only readings have texts of ours
        meter = mask(ruling.serial or (seen.meter.serial if seen.meter else ""))
        reason = _masked(ruling.reason, seen)
        if ruling.code and not reason:
            reason = self._texts.render(seen.language, f"{REASON}{ruling.code}")
        question = reason or self._texts.render(seen.language, "case-question", meter=meter)
        return self._texts.variants(
            seen.language,
            ruling.text_key,
            meter=meter,
            values=self._values(seen.language, reading.values),
            reference=reference(reading.id),
            month=reading.period % 100,
            reason=reason,
            question=question,
        )

    def _render(self, seen: Picture, key: str, branch: Branch) -> str:
        """A canned reply with the case's figures."""
        reading = seen.reading
        return self._texts.render(
            seen.language,
            key,
            account=mask(seen.account.number) if seen.account else "",
            meter=mask(seen.meter.serial) if seen.meter else "",
            values=self._values(seen.language, reading.values) if reading else "",
            reference=seen.case.reference,
            phones=", ".join(branch.phones),
        )

    def _values(self, language: str, values: Sequence[int]) -> str:
        """`показание 5778`, or `день 5778, ночь 2542`, as the desk says it."""
        named = {f"t{number}": str(value) for number, value in enumerate(values, 1)}
        return self._texts.render(language, f"values-{len(values)}", **named)


def _masked(words: str, seen: Picture) -> str:
    """The words with the account's and the meter's numbers shortened: we cannot know who holds the telephone."""
    for number in (seen.account.number if seen.account else "", seen.meter.serial if seen.meter else ""):
        if number:
            words = words.replace(number, mask(number))
    return words
