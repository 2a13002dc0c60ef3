"""What people do in the group: buttons and codes. Decides nothing itself: the moderation desk does."""

from collections.abc import Sequence
from functools import partial

import structlog

from core.domain.handovers import digest_of
from core.domain.keys import ALPHABET, Keys
from core.domain.messages import Event
from core.domain.posts import GroupMoved, StaffEvent, StaffLinked, StaffPressed
from core.domain.staff import Member, Permission
from core.ports.channel import NotAccepted
from core.services.moderation import Approve, Moderation, Outcome, Refused, Reject
from core.services.staff_chat.links import tidied
from core.services.staff_chat.room import Redraw, Room, Say
from core.services.staff_chat.tokens import Act, Token, read
from core.services.staff_chat.wording import Wording
from core.storage.cases import OPEN, Case
from core.storage.database import Unavailable
from core.storage.staff_chat import linked, of_case, use_code

log = structlog.get_logger()


class Presses:
    """Hears the group. What is decided is durable before the vendor hears that we have it."""

    def __init__(self, room: Room, moderation: Moderation, wording: Wording) -> None:
        self._room = room
        self._moderation = moderation
        self._wording = wording
        self._keys = Keys()

    async def sort_out(self, events: Sequence[Event]) -> Sequence[Event]:
        """Do what staff ask for; gives the events that are the subscribers'.

        Raises:
            NotAccepted: the database is away, and the vendor must repeat. What was done before is harmless twice.
        """
        if not any(isinstance(event, StaffEvent) for event in events):
            return events
        for event in events:
            if isinstance(event, StaffEvent):
                await self._hear(event)
        return [event for event in events if not isinstance(event, StaffEvent)]

    async def _hear(self, event: StaffEvent) -> None:
        try:
            match event:
                case StaffPressed():
                    await self._pressed(event)
                case StaffLinked():
                    await self._link(event)
                case GroupMoved() if event.chat == self._room.group.chat:
                    await self._room.move(event.to)
        except Unavailable as error:
            raise NotAccepted from error
        except Exception:
            # Our mistake: repeating it would not mend it, and the rest of the group's presses wait behind it.
            log.exception("staff_chat_failed", what=type(event).__name__)
            if isinstance(event, StaffPressed):
                self._room.tell(event, self._wording.say("failed"), alert=True)

    async def _pressed(self, press: StaffPressed) -> None:
        token = read(press.token)
        found = [] if token is None else await self._moderation.of_keys([token.case_id])
        person = await self._room.database.read(
            partial(linked, channel=press.address.channel, external_id=press.address.external_id)
        )
        refusal = _refusal(person, found[0] if found else None)
        if refusal or token is None or person is None:
            self._room.tell(press, self._wording.say(refusal or "missing"), alert=True)
            return
        case = found[0]
        if token.act in {Act.REASONS, Act.BACK} and case.state == OPEN:
            self._room.tell(press, "", alert=False)
            self._room.do(Redraw(case.id, press.post, menu=token.act is Act.REASONS))
            return
        await self._decide(press, token, case, person)

    async def _decide(self, press: StaffPressed, token: Token, case: Case, person: Member) -> None:
        """Take the decision. Who only asked for the reasons, too late, is told who decided."""
        try:
            outcome = await self._take(token, person)
        except Refused as error:
            self._room.tell(press, self._wording.refusal(error, case), alert=True)
        else:
            self._room.tell(press, self._wording.done(outcome), alert=False)
        known = await self._room.database.read(partial(of_case, group=self._room.group, case_id=case.id))
        self._room.awake.set()
        if known is None or known.number != press.post or known.shown_version == known.entry.case.version:
            # A post that we know nothing of, as after a crash, or one that shows the reasons.
            self._room.do(Redraw(case.id, press.post))

    async def _take(self, token: Token, person: Member) -> Outcome:
        ref, version = exact(token.case_id), token.version
        if token.act is Act.REJECT:
            request = Reject(moderator=person.name, code=token.code)
            return await self._moderation.decide(ref, request, version=version)
        # Whoever wanted to see the reasons has decided nothing: he only hears what became of the case.
        take = self._moderation.decide if token.act is Act.APPROVE else self._moderation.preview
        return await take(ref, Approve(moderator=person.name), version=version)

    async def _link(self, event: StaffLinked) -> None:
        digest, now = digest_of(tidied(event.code)), self._room.clock.now()
        channel, external_id = event.address
        person = await self._room.database.write(
            lambda connection: use_code(connection, digest, channel, external_id, now)
        )
        if person is None:
            text = self._wording.say("bad_code")
        else:
            log.info("staff_chat_linked", staff=person.name, channel=channel)
            text = self._wording.say("linked", who=person.name)
        self._room.do(Say(event.chat, text, self._keys.new(now)))


def _refusal(person: Member | None, case: Case | None) -> str:
    """Why this person may not press this button; empty if he may."""
    if person is None:
        return "not_linked"
    if person.disabled_at is not None:
        return "disabled"
    if not person.may(Permission.DECIDE):
        return "not_allowed"
    if case is None:
        return "missing"
    return "" if person.sees(case.branch) else "elsewhere"


def exact(key: int) -> str:
    """The reference that no other case has: the whole key."""
    return "".join(ALPHABET[key >> shift & 31] for shift in range(60, -1, -5))
