"""The staff chat: cases in a group of a messenger, decided by its buttons. A skin over the moderation desk."""

from dataclasses import dataclass

from core.ports.clock import Clock
from core.ports.posts import Posts
from core.services.moderation import Moderation
from core.services.staff_chat.links import Code, Links
from core.services.staff_chat.poster import Poster
from core.services.staff_chat.presses import Presses
from core.services.staff_chat.room import Room
from core.services.staff_chat.wording import LANGUAGES, Wording
from core.storage.database import Database
from core.storage.staff_chat import Group

__all__ = ["LANGUAGES", "Code", "Group", "Links", "Poster", "Presses", "Room", "StaffChat", "Wording", "staff_chat"]


@dataclass(frozen=True, slots=True)
class StaffChat:
    """The two halves: what hears the group, and what keeps it as the queue is."""

    room: Room
    presses: Presses
    poster: Poster


def staff_chat(
    database: Database,
    clock: Clock,
    posts: Posts,
    moderation: Moderation,
    wording: Wording,
    *,
    group: Group,
    kinds: frozenset[str],
) -> StaffChat:
    """The staff chat of a group; from now on the channel hears it. Does no I/O."""
    posts.attend(group.chat)
    room = Room(database, posts, clock, group)
    return StaffChat(room, Presses(room, moderation, wording), Poster(room, wording, kinds))
