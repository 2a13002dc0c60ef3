"""The pages of the staff at `/staff`: sign-in, one's own account, and what later parts add.

A part is an object with `routes()`, whose handlers each say who may come in (`gate.anybody`, `gate.at`,
`gate.allowed`); `application` refuses to start with one that does not.
"""

from bot.web.staff.application import Undeclared, application
from bot.web.staff.gate import Gate

__all__ = ["Gate", "Undeclared", "application"]
