"""`meterline init`: a configuration that runs at once."""

import os
import secrets
from pathlib import Path
from string import Template
from typing import Final

import click

from bot.cli.context import DEFAULT_CONFIG, App, Command, Fault, pass_app

SECRET_BYTES: Final = 24
"""192 bits; as URL-safe text it may stand in a gateway's address."""
OWNER_ONLY: Final = 0o600

TEMPLATE: Final = Template("""\
# Meterline's configuration. Every key there is, with its meaning: meterline.example.toml.
# After a change: `meterline doctor`.

[server]
host = "127.0.0.1"
port = 8080
public_url = ""

[database]
url = "sqlite:///meterline.db"

[channels.sms]
enabled = true
own_numbers = []      # the numbers that subscribers write to, such as "+79990000000" or "4747"
gateway = "kannel"    # the one that sends; each one below with a secret may deliver

[channels.sms.kannel]
secret = "$kannel"
sendsms_url = "http://127.0.0.1:13013/cgi-bin/sendsms"
username = "meterline"
password = "$password"

[channels.sms.generic]
secret = "$generic"

[channels.sms.smsgate]
signing_key = "$smsgate"

[[branch]]
code = "khabarovsk"
name = "Хабаровск"
timezone = "Asia/Vladivostok"
window = [20, 25]
phones = []           # what a subscriber may call, as it should be printed

[[branch]]
code = "amur"
name = "Амур"
timezone = "Asia/Yakutsk"
window = [20, 25]
phones = []
""")

NEXT: Final = Template("""\
$file is written; only you can read it.

  meterline run --config $file       start the service
  meterline doctor --config $file    see whether all is well

The first start makes the database beside it. For Kannel, put into its group sms-service:

  get-url = "$get_url"

and into its group sendsms-user the username and password of [channels.sms.kannel].""")
GET_URL: Final = (
    "http://127.0.0.1:8080/hooks/sms/kannel?secret={secret}&from=%p&to=%P&text=%b&coding=%c&charset=%C&ts=%T&id=%I"
)


@click.command(cls=Command)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@pass_app
def init(app: App, folder: Path) -> None:
    """Write DIR/meterline.toml: SQLite beside it, new secrets, the SMS hooks on, two sample branches.

    A file that is there already stays as it is.
    """
    file = folder / DEFAULT_CONFIG
    words = {name: secrets.token_urlsafe(SECRET_BYTES) for name in ("kannel", "password", "generic", "smsgate")}
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
    except FileExistsError:
        raise Fault(f"{file} is there already and stays as it is; name another folder") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(TEMPLATE.substitute(words))
    get_url = GET_URL.format(secret=words["kannel"])
    if app.json:
        app.emit({"config": str(file), "kannel_get_url": get_url})
    else:
        click.echo(NEXT.substitute(file=file, get_url=get_url))
