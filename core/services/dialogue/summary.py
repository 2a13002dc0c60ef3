"""What is said of values before they are stored: whose they are, what they mean, and what they would cost."""

from datetime import timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from core.domain.accounts import Account, Level, Meter, mask
from core.domain.estimate import Estimate, Line
from core.domain.readings import Code
from core.domain.validation import Verdict
from core.domain.windows import place
from core.services.desk import replies
from core.services.desk.estimates import priced
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
    found = priced(talk.scene, account, meter, values, placement) if verdict.code in _PRICED else None
    if found is None:
        return Summary(texts)
    plain = talk.variants("check-estimate-linked", sum=replies.roubles(found.kopecks), **arguments)
    if len(found.lines) > MOST_LINES:
        return Summary(texts, plain)
    lines = "\n".join([talk.render("estimate-lines"), *(_line(talk, meter, line, found) for line in found.lines)])
    return Summary(texts, (f"{plain[0]}\n\n{lines}", *plain))


def _line(talk: Talk, meter: Meter, line: Line, found: Estimate) -> str:
    """`день 60 кВт·ч x 6,19 = 371,40`; with its days where prices have changed meanwhile."""
    arguments = {
        "kwh": _decimal(line.kwh),
        "price": str(line.price).replace(".", ","),
        "sum": replies.roubles(line.kopecks),
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
