"""A channel that prints: what would go out as an SMS stands on the terminal."""

import sys
from typing import Final, TextIO

from core.domain.lengths import segments
from core.domain.messages import Capabilities, Outbound, Receipt, TextUnit
from core.ports.channel import UnsupportedContent

SEGMENTS_LIMIT: Final = 2
"""The same as SMS has, so that answers are the same."""


class ConsoleChannel:
    """Prints each message as `-> +79161234567 (1 part)` and its text, indented. Hears nothing by itself."""

    name = "console"

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self.capabilities = Capabilities(
            text_limit=SEGMENTS_LIMIT, text_unit=TextUnit.SEGMENTS, address_is_phone=True, may_show_address=False
        )

    async def open(self) -> None:
        """Nothing is needed."""

    async def close(self) -> None:
        """Nothing is held."""

    async def send(self, outbound: Outbound) -> Receipt:
        """Print one message.

        Raises:
            UnsupportedContent: what an SMS could not carry either.
        """
        if outbound.buttons or outbound.link or outbound.image:
            raise UnsupportedContent("the console shows text only")
        if (size := segments(outbound.text)) > SEGMENTS_LIMIT or not size:
            raise UnsupportedContent(f"the text needs {size} parts, 1 to {SEGMENTS_LIMIT} are allowed")
        lines = "\n".join(f"   {line}" for line in outbound.text.splitlines())
        print(
            f"-> {outbound.to.external_id} ({size} part{'s' * (size > 1)})\n{lines}",
            file=self._out or sys.stdout,
            flush=True,
        )
        return Receipt()
