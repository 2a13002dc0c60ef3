"""Passwords: hashed with argon2id in threads, a few at a time, so that neither loop nor memory suffers."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.domain.staff import normalised

T = TypeVar("T")

AT_ONCE: Final = 2
"""Each takes 64 MB and some 50 ms."""
WAITING: Final = 50
"""Who comes when so many wait would hardly stay for the answer."""


class Busy(Exception):
    """Too many sign-ins at once; nothing was looked at."""


class Passwords:
    """Hashes and verifies. The parameters are the library's: RFC 9106's profile for little memory, kept up to date."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` is replaced by tests, which have no time for real parameters."""
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hashed(self, password: str) -> str:
        """The hash that is stored.

        Raises:
            Busy: too many at once.
        """
        return await self._in_turn(lambda: self._hasher.hash(normalised(password)))

    async def verified(self, password: str, stored: str) -> str | None:
        """Whether the password is right: the hash to store from now on, or None. Without a hash the work is the same.

        Raises:
            Busy: too many at once.
        """
        return await self._in_turn(lambda: self._verified(normalised(password), stored))

    def _verified(self, password: str, stored: str) -> str | None:
        if not stored:
            self._hasher.hash(password)
            return None
        try:
            self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return None
        return self._hasher.hash(password) if self._hasher.check_needs_rehash(stored) else stored

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
