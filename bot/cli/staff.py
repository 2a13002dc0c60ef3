"""`meterline staff`: who may sign in at /staff. Prints one-time links and never a password."""

from typing import TYPE_CHECKING

import click

from bot.cli.context import App, Fault, Group, Row, pass_app, table_of
from core.domain.staff import LONGEST_SUBJECT, Role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from typing import TypeVar

    from core.domain.staff import Member
    from core.services.staff import Accounts, Invitation
    from core.services.staff.vouching import Vouching
    from core.services.staff_chat import Links
    from core.storage.database import Database

    T = TypeVar("T")

_role = click.Choice([role.value for role in Role])
_name = click.argument("name")
_branches = click.option("--branch", "branches", multiple=True, metavar="CODE", help="May be given several times.")


@click.group(cls=Group)
def staff() -> None:
    """Look after the accounts of those who sign in at /staff.

    Whoever may run this may do everything there: keep the machine to those who
    should.
    """


@staff.command()
@_name
@click.option("--role", type=_role, required=True)
@click.option("--display-name", default="", help="As colleagues see it: «Иванова А. П.».")
@_branches
@pass_app
def add(app: App, *, name: str, role: str, display_name: str, branches: tuple[str, ...]) -> None:
    """Add somebody, and print the link that sets a password, once.

    Without --branch all branches may be seen.
    """
    chosen = _known(app, branches)
    _hand_over(app, _run(app, lambda accounts: accounts.add(name, display_name, Role(role), chosen)))


@staff.command()
@_name
@click.option("--second-factor", is_flag=True, help="The phone is lost, too.")
@pass_app
def reset(app: App, *, name: str, second_factor: bool) -> None:
    """Take a password back, and print the link that sets another one."""
    _hand_over(app, _run(app, lambda accounts: accounts.reset(name, second_factor=second_factor)))


@staff.command()
@_name
@pass_app
def disable(app: App, *, name: str) -> None:
    """Keep somebody out from now on; where he is signed in, that ends at once."""
    _told(app, _run(app, lambda accounts: accounts.disable(name)), "disabled")


@staff.command()
@_name
@pass_app
def enable(app: App, *, name: str) -> None:
    """Let somebody in again."""
    _told(app, _run(app, lambda accounts: accounts.enable(name)), "enabled")


@staff.command()
@_name
@click.option("--role", type=_role)
@_branches
@click.option("--all-branches", is_flag=True, help="Instead of --branch.")
@pass_app
def change(app: App, *, name: str, role: str | None, branches: tuple[str, ...], all_branches: bool) -> None:
    """Give somebody another role or other branches; he has to sign in anew."""
    if not (role or branches or all_branches) or (branches and all_branches):
        raise click.UsageError("say what: --role, and --branch or --all-branches")
    chosen = _known(app, branches) if branches or all_branches else None
    known_role = Role(role) if role else None
    _told(app, _run(app, lambda accounts: accounts.change(name, role=known_role, branches=chosen)), "changed")


@staff.command()
@_name
@click.option("--oidc", "subject", metavar="SUBJECT", default="", help="Of the issuer's account: its `sub`, its ID.")
@pass_app
def link(app: App, *, name: str, subject: str) -> None:
    """Print a one-time code that links a messenger's account for the staff chat.

    Its owner sends it to the bot, /link CODE, within ten minutes. With --oidc
    an account of the OpenID Connect issuer is linked instead, at once, before
    its owner's first sign-in would.
    """
    if subject:
        _link_oidc(app, name, subject)
        return
    offered = _with_links(app, name, lambda links, member: links.offer(member))
    app.note(f"{name}: to be sent to the bot as /link {offered.text}; it works once, for ten minutes:")
    row: Row = {"name": name, "code": offered.text, "expires_at": offered.expires_at}
    app.emit(row, lambda: offered.text)


@staff.command()
@_name
@click.option("--oidc", is_flag=True, help="Instead of the messenger, the OpenID Connect issuer.")
@pass_app
def unlink(app: App, *, name: str, oidc: bool) -> None:
    """Take the link to a messenger back; from now on his buttons do nothing.

    With --oidc the link to the OpenID Connect issuer: whoever comes from there
    next with his name is linked anew. To keep somebody out, disable him.
    """
    if oidc:
        gone = _with_issuer(app, name, lambda vouching, member, _: vouching.unlink(member))
        app.emit({"name": name, "unlinked": gone}, lambda: f"{name}: {'unlinked' if gone else 'was not linked'}")
        return
    ended = _with_links(app, name, lambda links, member: links.end(member))
    app.emit({"name": name, "unlinked": ended}, lambda: f"{name}: {'unlinked' if ended else 'was not linked'}")


@staff.command(name="list")
@pass_app
def list_(app: App) -> None:
    """List everybody, with role, branches, second factor and when last seen."""
    linked = _linked(app)
    rows: list[Row] = [
        {
            "name": member.name,
            "shown as": member.display_name,
            "role": member.role.value,
            "branches": ", ".join(sorted(member.branches)) or "all",
            "standing": _standing(member) + (", linked to the issuer" if member.name in linked else ""),
            "seen": seen,
        }
        for member, seen in _run(app, lambda accounts: accounts.all())
    ]
    app.emit(rows, lambda: table_of(rows) if rows else "nobody yet: `meterline staff add NAME --role supervisor`")


def _standing(member: "Member") -> str:
    if member.disabled_at is not None:
        return "disabled"
    if not member.has_password:
        return "has a link"
    return "password and code" if member.has_second_factor else "password"


def _run(app: App, work: "Callable[[Accounts], Awaitable[T]]") -> "T":
    from core.services.staff import (  # noqa: PLC0415 - a fast start
        Accounts,
        IsDisabled,
        NameTaken,
        NoSuchMember,
        NotAName,
        Sessions,
    )

    lasting = app.settings.staff.lasting()
    try:
        return app.run(lambda database: work(Accounts(Sessions(database, app.clock, lasting))))
    except NotAName as error:
        raise Fault(f"{error} cannot be a name: 2 to 40 of a-z 0-9 . _ -") from error
    except NameTaken as error:
        raise Fault(f"there is a {error} already; `meterline staff reset {error}` makes a new link") from error
    except IsDisabled as error:
        raise Fault(f"{error} is disabled, no link would let him in: `meterline staff enable {error}` first") from error
    except NoSuchMember as error:
        raise Fault(f"there is no {error}; `meterline staff list` names all") from error


def _with_links(app: App, name: str, work: "Callable[[Links, Member], Awaitable[T]]") -> "T":
    from core.services.staff_chat import Links  # noqa: PLC0415 - a fast start

    channel = app.settings.staff_chat.messenger
    if not channel:
        raise Fault("there is no staff chat: see [staff_chat] in the configuration")
    member = _run(app, lambda accounts: accounts.find(name))
    return app.run(lambda database: work(Links(database, app.clock, channel), member))


def _link_oidc(app: App, name: str, subject: str) -> None:
    from core.services.staff.vouching import Linked  # noqa: PLC0415 - a fast start

    if len(subject) > LONGEST_SUBJECT:
        raise Fault(f"a subject has at most {LONGEST_SUBJECT} characters")
    try:
        _with_issuer(app, name, lambda vouching, member, issuer: vouching.link(member, issuer, subject))
    except Linked as error:
        todo = f"`meterline staff unlink {name} --oidc` takes a link back"
        raise Fault(f"{name}, or this subject, is linked to another already; {todo}") from error
    app.emit({"name": name, "linked": True}, lambda: f"{name}: linked")


def _with_issuer(app: App, name: str, work: "Callable[[Vouching, Member, str], Awaitable[T]]") -> "T":
    from core.services.staff import Sessions  # noqa: PLC0415 - a fast start
    from core.services.staff.vouching import Vouching  # noqa: PLC0415 - a fast start

    section = app.settings.staff
    if not section.oidc.issuer:
        raise Fault("there is no issuer: see [staff.oidc] in the configuration")
    member = _run(app, lambda accounts: accounts.find(name))

    def job(database: "Database") -> "Awaitable[T]":
        sessions = Sessions(database, app.clock, section.lasting())
        return work(Vouching(sessions, ask_totp=section.oidc.ask_totp), member, section.oidc.issuer)

    return app.run(job)


def _linked(app: App) -> "Collection[str]":
    """Names of those who are linked to the issuer."""
    from core.storage.staff_oidc import linked_since  # noqa: PLC0415 - a fast start

    issuer = app.settings.staff.oidc.issuer
    if not issuer:
        return ()
    return app.run(lambda database: database.read(lambda connection: linked_since(connection, issuer)))


def _known(app: App, branches: "Sequence[str]") -> "Sequence[str]":
    from bot.complaints import nearest  # noqa: PLC0415 - a fast start

    known = app.branches()
    for code in branches:
        if code not in known:
            raise Fault(f"no branch is called {code!r}{nearest(code, known)}")
    return branches


def _hand_over(app: App, invitation: "Invitation") -> None:
    """Print the link. It is not kept anywhere: who loses it gets another one."""
    from bot.web.staff.gate import INVITE  # noqa: PLC0415 - a fast start

    server = app.settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    link = f"{server.public_url or f'http://{host}:{server.port}'}{INVITE}{invitation.token}"
    member = invitation.member
    app.note(f"{member.name}, {member.role.value}. Hand this link over by a safe way; it works once, for three days:")
    if app.json:
        app.emit({"name": member.name, "role": member.role.value, "link": link, "expires_at": invitation.expires_at})
    else:
        click.echo(link)


def _told(app: App, member: "Member", done: str) -> None:
    rights: Row = {"role": member.role.value, "branches": sorted(member.branches)}
    app.emit({"name": member.name, "done": done, **rights}, lambda: f"{member.name}: {done}")
