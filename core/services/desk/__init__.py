"""The desk turns a batch of events into decisions: load, decide, store."""

from core.services.desk.decide import Incoming, decide, needs_of, read
from core.services.desk.desk import Desk
from core.services.desk.scene import Policy, Rules

__all__ = ["Desk", "Incoming", "Policy", "Rules", "decide", "needs_of", "read"]
