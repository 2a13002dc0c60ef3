"""What subscribers are told of their autopay: where a channel may not carry sums, only that something happened."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from core.domain.accounts import Branches, mask
from core.domain.autopay import Autopay, AutopayTerms
from core.domain.messages import Button, Buttons, Capabilities
from core.domain.money import roubles
from core.domain.windows import local_day
from core.services.fitting import compose
from core.services.texts import Texts
from core.storage.extras import Extra
from core.storage.payments import put_reply

Connection = Any
"""Storage's own, which services may not import."""


class Voice:
    """Queues messages about autopay, by day in the branch's time."""

    def __init__(
        self,
        *,
        terms: AutopayTerms,
        branches: Branches,
        texts: Texts,
        capabilities: Mapping[str, Capabilities],
        new_key: Callable[[datetime], int],
    ) -> None:
        self._terms = terms
        self._branches = branches
        self._texts = texts
        self._capabilities = capabilities
        self._new_key = new_key

    def tell(
        self,
        connection: Connection,
        key: str,
        autopay: Autopay,
        now: datetime,
        *,
        choices: Mapping[str, str] | None = None,
        **sums: int | str,
    ) -> None:
        """Tell the one who agreed. `sums` are kopecks or ready words; `choices` are buttons' texts by their tokens."""
        to = autopay.address
        can = self._capabilities.get(to.channel)
        if can is None:
            return
        render = self._texts.render
        if can.may_show_balance:
            shown = {name: roubles(value) if isinstance(value, int) else value for name, value in sums.items()}
            words = {"account": mask(autopay.account_number), "card": autopay.label or "-"} | shown
            wanted = self._texts.placeholders(autopay.language, f"{key}-linked")
            given = {name: value for name, value in words.items() if name in wanted}
            variants = self._texts.variants(autopay.language, f"{key}-linked", **given)
        else:
            variants = self._texts.variants(autopay.language, key)
        buttons: Buttons = ()
        if can.button_rows:
            label = can.label_limit
            buttons = tuple(
                (Button(render(autopay.language, text)[:label], token),) for token, text in (choices or {}).items()
            )
        put_reply(
            connection,
            self._new_key(now),
            to=to,
            text=compose(variants, (), can),
            extra=Extra(buttons),
            now=now,
            due_at=self.daytime(autopay.branch, now),
        )

    def daytime(self, branch: str, now: datetime) -> datetime:
        """Now, or when the night is over where the subscriber lives."""
        known = self._branches.get(branch) or next(iter(self._branches.values()))
        today = local_day(known, now)
        span = self._terms.hours.on(known, today)
        if now < span.begins:
            return span.begins
        return now if now < span.ends else self._terms.hours.on(known, today + timedelta(days=1)).begins
