"""YooKassa (https://yookassa.ru/developers): bank cards and SBP, with the payment order of utilities."""

from core.acquiring.yookassa.provider import YookassaProvider
from core.acquiring.yookassa.settings import Settings

__all__ = ["Settings", "YookassaProvider"]
