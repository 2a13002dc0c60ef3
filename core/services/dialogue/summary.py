"""What is said of values before they are stored: whose they are, what they mean, and what they would cost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from core.domain.accounts import Account, Level, Meter, mask
from core.domain.calculations import Calculated, Told, Usage
from core.domain.estimate import Estimate, Line
from core.domain.money import roubles
from core.domain.readings import Code
from core.domain.validation import Verdict
from core.domain.windows import place
from core.services.desk import estimates, replies
from core.services.dialogue import choose
from core.services.dialogue.talk import Talk

_PRICED: Final = frozenset({Code.ACCEPTED, Code.TOO_LARGE, Code.ROLLOVER})
"""Verdicts that may well be true as they stand: what a mistake would cost is of no use to anybody."""

MOST_LINES: Final = 8
"""More than a screen of a phone shows beside the rest; the sum alone is clearer then."""
DAY: Final = timedelta(days=1)


class Summary(NamedTuple):
    """Texts, fullest first; `priced` are those that name a sum as well, where there is one."""

    texts: tuple[str, ...]
    priced: tuple[str, ...] = ()
    arguments: replies.Arguments | None = None
    """What a text with a sum says beside it; None where no sum may be named."""
    usage: Usage | None = None
    """What the sum is asked for."""
    kopecks: int | None = None
    """The sum of our price lists, where they tell it."""


def of(talk: Talk, account: Account, meter: Meter, values: tuple[int, ...], verdict: Verdict) -> Summary:
    """The summary that the subscriber says yes to."""
    placement = place(talk.scene.rules.branch(account), talk.scene.sent_at)
    arguments: replies.Arguments = {
        "account": choose.title(talk, account),
        "meter": mask(meter.serial),
        "values": replies.values_text(talk.scene, values),
        "month": placement.period % 100,
    }
    brief = talk.variants("check-brief", **arguments)
    if talk.scene.level(account) is Level.ANONYMOUS or verdict.consumption is None:
        return Summary((*talk.variants("check", **arguments), *brief))
    arguments["consumption"] = str(verdict.consumption)
    texts = (*talk.variants("check-linked", **arguments), *brief)
    if verdict.code not in _PRICED or not estimates.may_be_told(talk.scene, account):
        return Summary(texts)
    usage = Usage(meter.serial, values, placement.day)
    found = estimates.priced(talk.scene, account, meter, values, placement)
    if found is None:
        return Summary(texts, arguments=arguments, usage=usage)
    lines = [_line(talk, meter, line, found) for line in found.lines]
    return Summary(texts, _priced(talk, found.kopecks, lines, arguments), arguments, usage, found.kopecks)


def want(talk: Talk, account: Account, said: Summary, say: Callable[[Talk, Summary], None]) -> None:
    """Have billing asked what the values cost, and the summary said with its sum. `say` is how it was said."""
    arguments, usage = said.arguments, said.usage
    if arguments is None or usage is None:
        return

    def retell(told: Told, calculated: Calculated) -> Told:
        aside = talk.aside()
        lines = [
            talk.render("calculation-line-linked", name=item.name, sum=roubles(item.kopecks))
            for item in calculated.items
        ]
        say(aside, said._replace(priced=_priced(talk, calculated.charge, lines, arguments)))
        return replace(told, text=aside.decision.reply or told.text)

    estimates.want(talk.scene, account, (usage,), said.kopecks, retell)


def _priced(talk: Talk, kopecks: int, lines: Sequence[str], arguments: replies.Arguments) -> tuple[str, ...]:
    """The summary with a sum, fullest first: what the sum is made of stands below it where that is not too much."""
    plain = talk.variants("check-estimate-linked", sum=roubles(kopecks), **arguments)
    if not 0 < len(lines) <= MOST_LINES:
        return plain
    return "\n".join([f"{plain[0]}\n", talk.render("estimate-lines"), *lines]), *plain


def _line(talk: Talk, meter: Meter, line: Line, found: Estimate) -> str:
    """`день 60 кВт·ч x 6,19 = 371,40`; with its days where prices have changed meanwhile."""
    arguments = {
        "kwh": _decimal(line.kwh),
        "price": str(line.price).replace(".", ","),
        "sum": roubles(line.kopecks),
        "zone": talk.render(f"zone-{meter.zones}-{line.register + 1}") if meter.zones > 1 else "",
    }
    said = talk.render("estimate-line-linked", **arguments).strip()
    if line.since == found.lines[0].since and line.until == found.lines[-1].until:
        return said
    return f"{line.since:%d.%m}-{line.until - DAY:%d.%m}: {said}"


def _decimal(kwh: Fraction) -> str:
    """At most two digits behind the comma, as bills have them."""
    shown = f"{float(round(kwh, 2)):.2f}".rstrip("0").rstrip(".")
    return shown.replace(".", ",")
