"""What the settings mean to the core: the rules that the desk and the reminders go by."""

from collections.abc import Iterable
from datetime import timedelta

from bot.registry import Line, capabilities, lines, narrowed
from bot.settings import Settings
from core.domain.messages import Greeting
from core.domain.subscribers import Identity
from core.ports.channel import Fetches
from core.services import reminders
from core.services.desk.scene import Policy, Rules
from core.services.dialogue.menu import greeting
from core.services.texts import Texts


def rules(settings: Settings, texts: Texts) -> Rules:
    """What the desk goes by."""
    return Rules(
        branches=settings.branches(),
        texts=texts,
        capabilities=capabilities(settings),
        policy=Policy(
            messages_per_hour=settings.limits.messages_per_hour,
            format_errors_per_day=settings.limits.format_errors_per_day,
            confirm=timedelta(hours=settings.limits.confirm_hours),
        ),
        payments=settings.terms(),
        autopay=settings.autopay(),
        identity=Identity(
            consent=settings.identity.consent_version,
            code_channel=_code_channel(settings),
            public_url=settings.server.public_url,
            deep_link_secret=settings.identity.deep_link_secret.get_secret_value().encode(),
            address_guesses=settings.identity.guesses_per_day,
            account_guesses=settings.identity.guesses_per_account,
            all_guesses=settings.identity.guesses_per_hour,
        ),
        reads_photos=frozenset(fetching(lines(settings))),
        calculated=settings.calculated(),
    )


def greetings(texts: Texts) -> dict[str, Greeting]:
    """What a channel that greets by itself says."""
    return {language: greeting(texts, language) for language in texts.languages}


def fetching(switched_on: Iterable[Line]) -> dict[str, Fetches]:
    """The channels that can fetch what subscribers photograph."""
    return {line.channel.name: line.channel for line in switched_on if isinstance(line.channel, Fetches)}


def _code_channel(settings: Settings) -> str:
    """Where a code reaches the phone on file: the first channel whose addresses are phones."""
    for line in lines(settings):
        capabilities = line.channel.capabilities
        if capabilities.address_is_phone and capabilities.can_write_first:
            return line.channel.name
    return ""


def reminder_rules(settings: Settings, texts: Texts, switched_on: Iterable[Line]) -> reminders.Rules:
    """What reminders go by. A channel whose addresses are phones costs money, and is used only where that is wanted."""
    section, routes, phone_channel = settings.reminders, {}, None
    for line in switched_on:
        can = narrowed({line.channel.name: line.channel.capabilities}, settings.privacy)[line.channel.name]
        if can.address_is_phone and not section.sms:
            continue
        routes[line.channel.name] = reminders.Route(can, line.per_second * section.share)
        if can.address_is_phone and can.can_write_first:
            phone_channel = line.channel.name
    return reminders.Rules(
        branches=settings.branches(),
        texts=texts,
        routes=routes,
        phone_channel=phone_channel,
        kinds=section.kinds if section.enabled else (),
        hours=section.hours,
        spread=timedelta(hours=section.spread_hours),
    )
