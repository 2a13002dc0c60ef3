"""What is said of values before they are stored: whose they are, what they mean, and what they would cost."""

from typing import Final, NamedTuple

from core.domain.accounts import Account, Level, Meter, mask
from core.domain.readings import Code
from core.domain.validation import Verdict
from core.domain.windows import place
from core.services.desk import replies
from core.services.desk.estimates import preliminary
from core.services.dialogue import choose
from core.services.dialogue.talk import Talk

_PRICED: Final = frozenset({Code.ACCEPTED, Code.TOO_LARGE, Code.ROLLOVER})
"""Verdicts that may well be true as they stand: what a mistake would cost is of no use to anybody."""


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
    kopecks = preliminary(talk.scene, account, meter, values, placement) if verdict.code in _PRICED else None
    if kopecks is None:
        return Summary(texts)
    return Summary(texts, talk.variants("check-estimate-linked", sum=replies.roubles(kopecks), **arguments))
