"""Our own pages for subscribers: what a channel may not say is handed over to a one-time link."""

from bot.web.public.apps import App, AppPages
from bot.web.public.pages import Pages
from bot.web.public.paying import PayPages

__all__ = ["App", "AppPages", "Pages", "PayPages"]
