"""What a channel can do that has groups: posts for staff, beside its messages to subscribers."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from core.domain.posts import Post, StaffPressed
from core.ports.channel import RecipientUnavailable


class GroupHasMoved(RecipientUnavailable):
    """The group has another number now, `to`; what stands in the old one cannot be reached any more."""

    def __init__(self, to: str, detail: str = "") -> None:
        super().__init__(detail)
        self.to = to


@runtime_checkable
class Posts(Protocol):
    """The channel can post to a group, change what it has posted, and hear which buttons were pressed.

    All calls are made once and raise a `SendFailure` and nothing else.
    """

    @property
    def posts_per_minute(self) -> int:
        """How many posts and changes of posts the vendor takes for one group in a minute."""

    @property
    def posts_once(self) -> bool:
        """Whether the same `key` makes a second call of `post` harmless."""

    def attend(self, chat: str) -> None:
        """Hear this group from now on: its presses and codes become a `StaffEvent`, and nothing else of it is heard."""

    async def post(self, chat: str, post: Post, key: int) -> str:
        """Post to a group, or to one person who has written to us; gives the vendor's number of the post."""

    async def edit(self, chat: str, number: str, post: Post) -> bool:
        """Change a post. False where that cannot be done any more: it was deleted, or is too old."""

    async def answer(self, press: StaffPressed, text: str, *, alert: bool) -> None:
        """Tell the person who pressed, and nobody else; `alert` in a window that he closes. Long texts are cut."""

    async def probe_group(self, chat: str) -> Sequence[str]:
        """What is wrong with our place in the group, "what: what to do" each; empty when all is well."""
