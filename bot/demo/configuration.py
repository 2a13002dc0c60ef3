"""The demo's meterline.toml and price lists: the real service reads them, and so do commands in another terminal."""

import json
import random
import secrets
import socket
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import BaseModel, SecretStr

from bot.settings import Channels, Settings, load

QUIET: Final = range(20_000, 32_000)
"""Ports that no system hands out by itself, so that none is taken between our look and the server's."""
TRIES: Final = 20
ANY: Final = -1
"""Whichever the system gives."""
HOST: Final = "127.0.0.1"
"""The demo is for this machine only."""
FILE: Final = "meterline.toml"
TARIFFS: Final = "tariffs.toml"
MESSENGERS: Final = ("telegram", "viber", "vk")
"""The channels whose phones stand beside the SMS phone."""
MARK: Final = "# Written by `meterline demo`, anew at each start."

OWNER_ONLY: Final = 0o600

PAYEE: Final = """{{ name = "ПАО «Свет»", account = "40702810138250123017", bank = "ПАО СБЕРБАНК", bic = "044525225", \
correspondent_account = "30101810400000000225", inn = "2723088770", kpp = "272301001" }}"""
"""Whom the bills ask to pay: nobody, with numbers that fit each other."""

_TEXT: Final = f"""{MARK}

[server]
host = "{HOST}"
port = {{port}}
public_url = {{public_url}}
stop_seconds = 5.0

[database]
url = "sqlite:///demo.db"

[staff]
require_totp = []

[identity]
deep_link_secret = {{deep_link_secret}}

[channels.sms]
enabled = true
own_numbers = {{own_numbers}}
gateway = "kannel"
per_second = 50

# Emulators inside the demo's own process: no message leaves this machine.
[channels.sms.kannel]
secret = {{secret}}
sendsms_url = {{sendsms_url}}
username = {{username}}
password = {{password}}
sender = {{sender}}
dlr_url = {{dlr_url}}

{{messengers}}
# A bank that is none: its page asks for no card, and takes no money.
[payments]
provider = "yookassa"

[payments.autopay]
enabled = true

{{bank}}
[[branch]]
code = "khabarovsk"
name = "Хабаровск"
timezone = "Asia/Vladivostok"
window = [20, 25]
phones = ["8-800-000-00-00"]
payee = {PAYEE}
tariffs = "{TARIFFS}"

[[branch]]
code = "amur"
name = "Амурская область"
timezone = "Asia/Yakutsk"
window = [20, 25]
phones = ["8-800-000-00-01"]
payee = {PAYEE}
"""


class FolderInUse(Exception):
    """The folder holds somebody's own configuration."""


def write(folder: Path, port: int, channels: Channels, bank: BaseModel) -> Settings:
    """Write the file and the price lists, and read them back as the service does, but without this shell's environment.

    Args:
        folder: where.
        port: where the demo listens.
        channels: with what the channels reach the emulators and are believed by them.
        bank: the same of the payment provider, the section [payments.yookassa].

    Raises:
        FolderInUse: there is a meterline.toml that no demo wrote.
    """
    file = folder / FILE
    check(folder)
    sms, kannel = channels.sms, channels.sms.kannel
    values = {
        "public_url": address(port),
        "deep_link_secret": secrets.token_urlsafe(32),
        "secret": kannel.secret.get_secret_value(),
        "sendsms_url": kannel.sendsms_url,
        "username": kannel.username,
        "password": kannel.password.get_secret_value(),
        "sender": kannel.sender,
        "dlr_url": kannel.dlr_url,
        "own_numbers": list(sms.own_numbers),
    }
    messengers = "\n".join(_table(f"channels.{name}", getattr(channels, name)) for name in MESSENGERS)
    written = {name: _toml(value) for name, value in values.items()}
    (folder / TARIFFS).write_bytes(files(__package__).joinpath(TARIFFS).read_bytes())
    file.write_text(
        _TEXT.format(port=port, messengers=messengers, bank=_table("payments.yookassa", bank), **written), "utf-8"
    )
    file.chmod(OWNER_ONLY)
    return load(file, {})


def address(port: int) -> str:
    """Where the demo is reached, by the visitor and by the emulators."""
    return f"http://{HOST}:{port}"


def _table(name: str, section: BaseModel) -> str:
    """A section with what is set in it."""
    lines = (f"{key} = {_toml(value)}\n" for key, value in section if key in section.model_fields_set)
    return f"[{name}]\n{''.join(lines)}"


def _toml(value: object) -> str:
    """A string, a number, a truth value or a list of strings is written in TOML as it is in JSON."""
    return json.dumps(value.get_secret_value() if isinstance(value, SecretStr) else value)


def check(folder: Path) -> None:
    """See that the folder is free for a demo.

    Raises:
        FolderInUse: it holds a meterline.toml that no demo wrote.
    """
    file = folder / FILE
    if file.exists() and not file.read_text("utf-8", "replace").startswith(MARK):
        raise FolderInUse(f"{file} is not a demo's: name another folder with --dir")


def free_port(wanted: int) -> int:
    """The port wanted; any other for 0, and where somebody listens there already."""
    chance = random.SystemRandom()
    for port in filter(None, (wanted, *chance.choices(QUIET, k=TRIES), ANY)):
        with socket.socket() as probe:
            # As the server itself will do: else a port counts as taken for a minute after the last demo.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, 0 if port == ANY else port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port of this machine is free")
