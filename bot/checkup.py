"""What `meterline doctor` looks at. Each check returns findings; each fault says what to do about it."""

import asyncio
import email.utils
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import BaseModel, SecretStr
from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.paying import providers
from bot.registry import lines
from bot.settings import Server, Settings
from core.domain.keys import EPOCH_MS, SEQUENCE_BITS
from core.ports.channel import Probes
from core.storage import migrate
from core.storage.database import Database
from core.storage.tables import event, outbox

SECONDS: Final = 10.0
"""How long anything outside may take to answer."""
DRIFT: Final = timedelta(seconds=60)
"""A clock that is off by more would put readings around midnight of the 25th into the wrong period."""
BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""This program is younger than that, so a clock that shows an earlier time is wrong."""
SHORTEST_SECRET: Final = 16
DISK_LOW: Final = 1 << 30
DISK_FULL: Final = 100 << 20
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and for anything but `ok` what to do."""

    check: str
    verdict: Verdict
    found: str
    todo: str = ""


def configuration(file: Path, settings: Settings) -> Iterator[Finding]:
    """The file's rights and the secrets of the channels that are switched on."""
    mode = file.stat().st_mode
    if mode & OTHERS:
        yield Finding("configuration", Verdict.WARNING, "others on this machine may read it", f"chmod 600 {file}")
    else:
        yield Finding("configuration", Verdict.OK, str(file))
    for name in type(settings.channels).model_fields:
        section = getattr(settings.channels, name)
        if section.enabled:
            yield from _secrets(f"channels.{name}", section)
    if not any(getattr(settings.channels, name).enabled for name in type(settings.channels).model_fields):
        yield Finding("channels", Verdict.WARNING, "all are switched off", "set enabled = true in [channels.sms]")


def _secrets(place: str, section: BaseModel) -> Iterator[Finding]:
    found = dict(_walk(place, section))
    short = [name for name, secret in found.items() if 0 < len(secret) < SHORTEST_SECRET]
    if not any(found.values()):
        yield Finding("secrets", Verdict.FAULT, f"none is set in [{place}]", "`meterline init /tmp/new` makes some")
    elif short:
        todo = f"use at least {SHORTEST_SECRET} random characters"
        yield Finding("secrets", Verdict.WARNING, f"easily guessed: {', '.join(short)}", todo)
    else:
        yield Finding("secrets", Verdict.OK, f"set in [{place}]")


def _walk(place: str, section: BaseModel) -> Iterator[tuple[str, str]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, SecretStr):
            yield f"{place}.{name}", value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _walk(f"{place}.{name}", value)


def disk(file: Path | None) -> Iterator[Finding]:
    """Room for SQLite and its log."""
    if file is None or not file.parent.is_dir():
        return
    free = shutil.disk_usage(file.parent).free
    verdict = Verdict.FAULT if free < DISK_FULL else Verdict.WARNING if free < DISK_LOW else Verdict.OK
    todo = "" if verdict is Verdict.OK else "make room: when it is full nothing more is accepted"
    yield Finding("disk", verdict, f"{free / (1 << 30):.1f} GB free beside the database", todo)


async def database(store: Database, shown: str) -> Finding:
    """Whether it answers, has our schema, and may be written to."""
    try:
        async with asyncio.timeout(SECONDS):
            present = await migrate.current(store)
    except Exception as error:  # noqa: BLE001 - drivers raise what they like, and all of it is the finding
        todo = "see that the server runs, and that database.url names it and its user"
        return Finding("database", Verdict.FAULT, f"{shown} does not answer: {_words(error)}", todo)
    if present != migrate.head():
        found = f"schema {present or 'none'}, this program needs {migrate.head()}"
        return Finding("database", Verdict.FAULT, found, "make a backup, then `meterline db upgrade`")
    try:
        async with asyncio.timeout(SECONDS):
            await store.write(lambda connection: connection.execute(_WRITES_NOTHING))
    except Exception as error:  # noqa: BLE001 - the same
        todo = "see who owns it, whether its disk is full, and whether another process holds it"
        return Finding("database", Verdict.FAULT, f"cannot be written: {_words(error)}", todo)
    return Finding("database", Verdict.OK, f"{shown}, schema {present}, writable")


def _words(error: Exception) -> str:
    """The driver's own words, without the statement."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).partition("\n")[0] or "no answer in time"


_WRITES_NOTHING = update(outbox).where(outbox.c.id == -1).values(attempts=0)
"""Needs every right and lock of a write, and changes no row."""


async def clock(store: Database | None, now: datetime, *, server: bool) -> Finding:
    """The year, the newest event's time, and the time of PostgreSQL's machine; without a database, the year."""
    todo = "set this machine's clock and keep it by NTP (systemd-timesyncd or chrony)"
    if now < BUILT:
        return Finding("clock", Verdict.FAULT, f"it shows {now:%Y-%m-%d}", todo)
    newest = theirs = None
    if store is not None:
        newest, theirs = await store.read(lambda connection: _times(connection, server=server))
    if newest is not None and newest > now + DRIFT:
        found = f"it shows {now:%Y-%m-%d %H:%M} UTC, and the newest event came at {newest:%Y-%m-%d %H:%M}"
        return Finding("clock", Verdict.FAULT, found, todo)
    if theirs is not None and abs(theirs - now) > DRIFT:
        found = f"it differs from the database's by {(now - theirs).total_seconds():.0f} s"
        return Finding("clock", Verdict.FAULT, found, todo)
    return Finding("clock", Verdict.OK, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _times(connection: Connection, *, server: bool) -> tuple[datetime | None, datetime | None]:
    key = connection.execute(select(func.max(event.c.id))).scalar_one()
    newest = None if key is None else datetime.fromtimestamp(((key >> SEQUENCE_BITS) + EPOCH_MS) / 1000, UTC)
    return newest, connection.execute(text("SELECT now()")).scalar_one() if server else None


def zones(settings: Settings, now: datetime) -> Iterator[Finding]:
    """What time each branch has: the operator sees at once whether it is so."""
    for branch in settings.branches().values():
        local = now.astimezone(branch.timezone)
        found = f"{branch.code} has {local:%H:%M on the %d.%m.} ({local:%z}); readings {branch.window[0]} to"
        yield Finding("branch", Verdict.OK, f"{found} {branch.window[1]}")


def texts(load: Callable[[], object]) -> Iterator[Finding]:
    """The retailer's own wording."""
    try:
        load()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the operator wants to know
        yield Finding("texts", Verdict.FAULT, str(error), "mend the file, or take texts.overrides out")
    else:
        yield Finding("texts", Verdict.OK, "all can be said")


def staff(settings: Settings) -> Iterator[Finding]:
    """Whether the staff's passwords and cookies can be overheard on their way."""
    server = settings.server
    if not settings.staff.enabled:
        return
    if server.public_url.startswith("https://"):
        yield Finding("staff pages", Verdict.OK, f"{server.public_url}/staff/")
    elif server.public_url or not _is_loopback(server.host):
        todo = "put a reverse proxy with TLS before it, and its https:// address into server.public_url"
        shown = server.public_url or server.host
        yield Finding("staff pages", Verdict.WARNING, f"passwords would go to {shown} unencrypted", todo)
    else:
        yield Finding("staff pages", Verdict.OK, "on this machine only")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def vendors(settings: Settings) -> list[Finding]:
    """Whether each channel's vendor is there."""
    findings = []
    for line in lines(settings):
        name = f"way to {line.channel.name}"
        if not isinstance(line.channel, Probes):
            continue
        try:
            await line.channel.open()
            async with asyncio.timeout(SECONDS):
                wrong = await line.channel.probe()
        except TimeoutError:
            wrong = ["no answer in time: see whether a firewall is between"]
        finally:
            await line.channel.close()
        for words in wrong:
            found, _, todo = words.partition(": ")
            findings.append(Finding(name, Verdict.FAULT, found, todo))
        if not wrong:
            findings.append(Finding(name, Verdict.OK, "it answers"))
    return findings


async def payment_providers(settings: Settings) -> list[Finding]:
    """Whether each payment provider that is filled in is there, and knows us; nothing is paid."""
    findings = []
    for name, provider in providers(settings.payments).items():
        check = f"way to {name}"
        if not isinstance(provider, Probes):
            findings.append(Finding(check, Verdict.OK, "there is nobody to ask"))
            continue
        try:
            async with asyncio.timeout(SECONDS):
                wrong = await provider.probe()
        except TimeoutError:
            wrong = ["no answer in time: see whether a firewall is between"]
        finally:
            await provider.close()
        for words in wrong:
            found, _, todo = words.partition(": ")
            findings.append(Finding(check, Verdict.FAULT, found, todo))
        if not wrong:
            findings.append(Finding(check, Verdict.OK, "it answers, and knows us"))
    return findings


async def listening(server: Server, now: datetime) -> list[Finding]:
    """Whether the service runs, or could; and whether its public address leads to it."""
    here = await _ready(f"http://{server.host}:{server.port}")
    findings = [here[0]] if here is not None else [_port(server)] if server.port else []
    if server.public_url:
        there = await _ready(server.public_url)
        if there is None:
            todo = "see the reverse proxy, its certificate and the name in server.public_url"
            findings.append(Finding("public address", Verdict.FAULT, f"{server.public_url} does not answer", todo))
        elif there[1] is not None and abs(there[1] - now) > DRIFT:
            found = f"the machine of the public address differs by {(there[1] - now).total_seconds():.0f} s"
            findings.append(Finding("clock", Verdict.WARNING, found, "keep both by NTP"))
    return findings


async def _ready(url: str) -> tuple[Finding, datetime | None] | None:
    """What the service at an address says about itself, and by which clock; None where nobody answers."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session,
            session.get(f"{url}/readyz") as answer,
        ):
            date = answer.headers.get("Date", "")
            body = (await answer.content.read(2000)).decode("utf-8", "replace")
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
    moment = email.utils.parsedate_to_datetime(date) if date else None
    if '"checks"' not in body:
        return Finding("service", Verdict.FAULT, f"{url} is somebody else", "change server.port"), moment
    if answer.status == 200:  # noqa: PLR2004 - ready
        return Finding("service", Verdict.OK, f"runs at {url}"), moment
    return Finding("service", Verdict.FAULT, f"runs, but is not ready: {body}", "see its log"), moment


def _port(server: Server) -> Finding:
    try:
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((server.host, server.port))
    except OSError as error:
        found = f"{server.host}:{server.port} is not to be had: {error.strerror or error}"
        return Finding("service", Verdict.FAULT, found, "change server.host or server.port, or stop who listens there")
    return Finding("service", Verdict.OK, f"does not run; {server.host}:{server.port} is free for it")
