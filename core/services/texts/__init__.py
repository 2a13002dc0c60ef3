"""What the service says, in Russian and English; an operator may say it otherwise."""

from core.services.texts.catalogue import Texts
from core.services.texts.source import TextsRefused

__all__ = ["Texts", "TextsRefused"]
