"""Moderation: what a decision about a case means, and the service that takes it in one transaction."""

from core.services.moderation.background import Background, background
from core.services.moderation.decisions import AlreadyDecided, Refused
from core.services.moderation.service import Moderation, Outcome

__all__ = ["AlreadyDecided", "Background", "Moderation", "Outcome", "Refused", "background"]
