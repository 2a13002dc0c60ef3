"""The one answer to a message: which text, filled with what this writer may see, fitted to the channel."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.domain.accounts import Account, Branch, Level, mask
from core.domain.calculations import Calculated, Told, Usage
from core.domain.keys import reference
from core.domain.money import roubles
from core.domain.readings import Code, Status
from core.domain.windows import local_day
from core.services.desk.estimates import may_be_told, preliminary, want
from core.services.desk.look_up import Found
from core.services.desk.scene import Scene
from core.services.desk.settle import Item
from core.services.fitting import compose, enriched
from parsers import Repair

Arguments = dict[str, str | int]

_ITEM: Final = {
    Code.METER_ARCHIVED: "meter-archived",
    Code.METER_AUTOMATIC: "meter-automatic",
    Code.FEW_VALUES: "few-values",
    Code.EXTRA_VALUES: "extra-values",
    Code.OUTSIDE_WINDOW: "outside-window",
    Code.DUPLICATE: "duplicate",
    Code.OUTDATED: "outdated",
    Code.TOO_MANY_DIGITS: "too-many-digits",
    Code.LESS_THAN_PREVIOUS: "less-than-previous",
    Code.ZERO: "zero",
    Code.TOO_LARGE: "ask-too-large",
    Code.X10: "ask-x10",
    Code.SWAPPED: "ask-swapped",
    Code.AMBIGUOUS: "ask-meaning",
    Code.PHYSICAL_LIMIT: "review",
    Code.ROLLOVER: "review-rollover",
    Code.VERIFICATION_EXPIRED: "review-verification",
    Code.CORRECTION_AFTER_EXPORT: "review-correction",
    Code.SAME_AS_PREVIOUS: "accepted-same",
}
_LINKED: Final = frozenset({Code.LESS_THAN_PREVIOUS, Code.TOO_LARGE})
"""Codes whose text for a linked subscriber says more."""

_LINE: Final = {
    Code.ACCEPTED: "item-accepted",
    Code.SAME_AS_PREVIOUS: "item-same",
    Code.DUPLICATE: "item-duplicate",
    Code.TOO_LARGE: "item-asked",
    Code.X10: "item-asked",
    Code.SWAPPED: "item-asked",
    Code.AMBIGUOUS: "item-asked",
    Code.PHYSICAL_LIMIT: "item-review",
    Code.ROLLOVER: "item-review",
    Code.VERIFICATION_EXPIRED: "item-review",
    Code.CORRECTION_AFTER_EXPORT: "item-review",
}

_DONE: Final = frozenset({Code.ACCEPTED, Code.SAME_AS_PREVIOUS, Code.DUPLICATE})


def plain(scene: Scene, key: str, **arguments: str | int) -> str:
    """A text that needs nothing but its arguments."""
    return compose(scene.rules.texts.variants(scene.language, key, **arguments), (), scene.capabilities)


def phones(scene: Scene, branch: Branch) -> str:
    """Whom to call; where the operator has set no number, the bill has it."""
    return ", ".join(branch.phones) or scene.rules.texts.render(scene.language, "phones-on-bill")


def not_found(scene: Scene, found: Found) -> str:
    """No reading fits the files. An anonymous writer gets one answer, whether account or meter is wrong."""
    if found.code is not Code.METER_MISSING:
        return plain(scene, "not-found")
    meters = [mask(meter.serial) for meter in scene.facts.open_meters(found.account)] if found.account else []
    if len(meters) <= 1:
        return plain(scene, "meter-missing")
    return plain(scene, "meter-missing-linked", meters=", ".join(meters))


def answer(scene: Scene, items: Sequence[Item], repairs: frozenset[Repair]) -> str:
    """What became of a message's readings. Where nothing was stored of several, why not, for the first of them."""
    if len(items) == 1 or all(item.reading is None for item in items):
        item = items[0]
        key, arguments = _text(scene, item)
        notes = _notes(scene, item, repairs)
        variants = scene.rules.texts.variants(scene.language, key, **arguments)
        return _with_estimate(scene, item, compose(variants, notes, scene.capabilities, thrifty=item.code in _DONE))
    return _several(scene, items)


def _several(scene: Scene, items: Sequence[Item]) -> str:
    """A line per meter, or only their counts where the lines have no room."""
    render = scene.rules.texts.render
    lines = [
        render(
            scene.language,
            "item-accepted"
            if item.code is Code.SAME_AS_PREVIOUS and item.level is Level.ANONYMOUS
            else "item-review"
            if _still_in_review(item)
            else _LINE.get(item.code, "item-refused"),
            meter=mask(item.meter.serial),
            values="/".join(map(str, item.values)),
        )
        for item in items
    ]
    stored = next(item.reading for item in items if item.reading is not None)
    accepted = sum(item.code in _DONE for item in items)
    listed = render(scene.language, "several", items="; ".join(lines), reference=reference(stored.id))
    counted = render(
        scene.language,
        "several-counted",
        accepted=str(accepted),
        others=str(len(items) - accepted),
        reference=reference(stored.id),
    )
    return compose((listed, counted), (), scene.capabilities)


def _text(scene: Scene, item: Item) -> tuple[str, Arguments]:
    branch = scene.rules.branch(item.account)
    linked = item.level is not Level.ANONYMOUS
    arguments: Arguments = {
        "account": mask(item.account.number),
        "meter": mask(item.meter.serial),
        "values": values_text(scene, item.values),
        "reference": reference(item.reading.id) if item.reading else "",
        "open": str(branch.window[0]),
        "close": str(branch.window[1]),
        "expected": item.meter.zones,
        "digits": str(item.meter.digits),
        "month": (item.reading.period if item.reading else item.placement.period) % 100,
    }
    if linked and item.consumption is not None:
        arguments["consumption"] = str(item.consumption)
    # That the value equals the previous one tells the previous one.
    if item.code is Code.ACCEPTED or (item.code is Code.SAME_AS_PREVIOUS and not linked):
        key = "accepted" if item.placement.inside else "accepted-next-period"
        return (f"{key}-linked" if "consumption" in arguments else key), arguments
    key = "review" if _still_in_review(item) else _ITEM[item.code]
    if item.code in {Code.LESS_THAN_PREVIOUS, Code.TOO_MANY_DIGITS}:
        arguments |= _offending(item)
    if linked and item.code in _LINKED:
        key = f"{key}-linked"
    return key, arguments


def _still_in_review(item: Item) -> bool:
    """Sent again while a moderator has it: to call it accepted would be untrue."""
    return item.code is Code.DUPLICATE and item.reading is not None and item.reading.status is Status.IN_REVIEW


def _offending(item: Item) -> Arguments:
    """The first register that is wrong, and what it showed before."""
    capacity = 10**item.meter.digits
    too_long = item.code is Code.TOO_MANY_DIGITS
    for new, old in zip(item.values, item.previous, strict=True):
        if new >= capacity if too_long else new < old:
            return {"value": str(new), "previous": str(old)}
    return {"value": str(item.values[0]), "previous": str(item.previous[0])}


def _notes(scene: Scene, item: Item, repairs: frozenset[Repair]) -> list[str]:
    """What else the subscriber should know, the most important first: those that do not fit are dropped."""
    render = scene.rules.texts.render
    notes = []
    if item.renamed:
        # Where a balance may be told, so may the number that it belongs to.
        is_told = item.level is not Level.ANONYMOUS and scene.capabilities.may_show_balance
        number = item.account.number if is_told else mask(item.account.number)
        notes.append(render(scene.language, "note-renamed", account=number))
    if Repair.FRACTION in repairs:
        notes.append(render(scene.language, "note-fraction"))
    accepted = item.code in {Code.ACCEPTED, Code.SAME_AS_PREVIOUS}
    if accepted and repairs & {Repair.CHARACTERS, Repair.JOINED, Repair.WORDS}:
        notes.append(render(scene.language, "note-understood"))
    due = item.meter.verification_due
    if accepted and due is not None and due < local_day(scene.rules.branch(item.account), scene.sent_at):
        notes.append(render(scene.language, "note-verification"))
    return notes


def _with_estimate(scene: Scene, item: Item, text: str) -> str:
    """An answer with what an accepted reading would cost, where there is room for it."""
    # Most SMS have no room for any sum, so none need be worked out.
    if item.code is not Code.ACCEPTED or not may_be_told(scene, item.account) or _estimated(scene, text, 0) == text:
        return text
    kopecks = preliminary(scene, item.account, item.meter, item.values, item.placement)
    said = text if kopecks is None else _estimated(scene, text, kopecks)

    def retell(told: Told, calculated: Calculated) -> Told:
        if said not in told.text:
            return told
        before, behind = told.text.split(said, 1)
        return replace(told, text=_estimated(scene, text, calculated.charge, before=before, behind=behind))

    usage = Usage(item.meter.serial, item.values, item.placement.day)
    want(scene, item.account, (usage,), kopecks, retell)
    return said


def _estimated(scene: Scene, text: str, kopecks: int, *, before: str = "", behind: str = "") -> str:
    notes = scene.rules.texts.variants(scene.language, "estimate-linked", sum=roubles(kopecks))
    fuller = [f"{before}{text} {note}{behind}" for note in notes]
    return enriched(f"{before}{text}{behind}", fuller, scene.capabilities)


def values_text(scene: Scene, values: Sequence[int]) -> str:
    """`показание 5778`, or `день 5778, ночь 2542`."""
    if not 1 <= len(values) <= 3:  # noqa: PLR2004 - a meter has at most three zones; more is the subscriber's mistake
        return " ".join(map(str, values))
    named = {f"t{number}": str(value) for number, value in enumerate(values, 1)}
    return scene.rules.texts.render(scene.language, f"values-{len(values)}", **named)


def balance(scene: Scene, accounts: Sequence[Account]) -> str:
    """What the subscriber's accounts owe: each with its date, or shorter, or the first of them where no more fit."""
    lines = [_balance(scene, account) for account in accounts]
    variants = ["\n".join(full for full, _ in lines), "\n".join(short for _, short in lines)]
    for count in range(len(lines) - 1, 0, -1):
        more = scene.rules.texts.render(scene.language, "balance-more", count=str(len(lines) - count))
        variants.append("\n".join([*(short for _, short in lines[:count]), more]))
    notes = [scene.rules.texts.render(scene.language, "balance-stale")] if any(map(scene.is_stale, accounts)) else []
    return compose(variants, notes, scene.capabilities)


def _balance(scene: Scene, account: Account) -> tuple[str, str]:
    """One account's line, and a shorter one."""
    if account.balance is None or account.balance_date is None:
        full, *short = scene.rules.texts.variants(scene.language, "balance-unknown", account=mask(account.number))
        return full, short[0] if short else full
    key = "balance-debt" if account.balance > 0 else "balance-overpaid" if account.balance < 0 else "balance-zero"
    arguments = {"account": mask(account.number), "date": account.balance_date.strftime("%d.%m.%Y")}
    if account.balance:
        arguments["sum"] = roubles(abs(account.balance))
    full, *short = scene.rules.texts.variants(scene.language, key, **arguments)
    brief = short[0] if short else full
    transit = scene.transit(account)
    if not transit:
        return full, brief
    said, *briefly = scene.rules.texts.variants(scene.language, "balance-transit", sum=roubles(transit))
    return f"{full} {said}", f"{brief}, {briefly[0]}" if briefly else f"{brief} {said}"
