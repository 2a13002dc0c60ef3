"""Reminders of the window: one message an address, by day, at the vendors' pace, whatever crashes meanwhile.

`choosing` says whom and where, `wording` what, `pacing` when, `core.domain.reminders` on which days; all of them pure.
`planner` does it.
"""

from core.services.reminders.choosing import Skip
from core.services.reminders.planner import Planner
from core.services.reminders.rehearsal import Rehearsal, rehearse
from core.services.reminders.rules import Route, Rules

__all__ = ["Planner", "Rehearsal", "Route", "Rules", "Skip", "rehearse"]
