"""Pictures that subscribers send: fetched, looked at for a bill's code, and brought back to the desk."""

from core.services.photos.worker import Photos

__all__ = ["Photos"]
