"""A twin of YooKassa's API for tests: documented behaviour, faults included."""

from core.acquiring.yookassa.emulator.server import Fault, Kept, YookassaEmulator

__all__ = ["Fault", "Kept", "YookassaEmulator"]
