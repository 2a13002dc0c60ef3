"""Who may do what, which passwords are refused, and how waits grow."""

from datetime import UTC, datetime, timedelta

import pytest

from core.domain.staff import MAY, OF_NAME, Member, Permission, Role, Weakness, folded, weakness

TABLE = """
                  operator  moderator  supervisor  auditor
own_account       yes       yes        yes         yes
view_queue        yes       yes        yes         yes
reveal            yes       yes        yes         -
decide            -         yes        yes         -
bulk              -         -          yes         -
override_claim    -         -          yes         -
enter_readings    yes       yes        yes         -
see_statistics    -         yes        yes         yes
see_audit         -         -          yes         yes
manage_staff      -         -          yes         -
"""


def member(role: Role = Role.MODERATOR, **other: object) -> Member:
    return Member(id=1, name="ivanova", display_name="Иванова А. П.", role=role, **other)  # type: ignore[arg-type]


def test_permissions_are_this_table() -> None:
    """Every permission of every role, and none that the table does not know."""
    head, *lines = [line.split() for line in TABLE.strip().splitlines()]
    told = {
        (Role(role), Permission(permission)): allowed == "yes"
        for permission, *row in lines
        for role, allowed in zip(head, row, strict=True)
    }
    assert told == {(role, permission): permission in MAY[role] for role in Role for permission in Permission}


def test_disabled_account_may_nothing() -> None:
    """Not even a supervisor's."""
    disabled = member(Role.SUPERVISOR, disabled_at=datetime(2026, 11, 22, tzinfo=UTC))
    assert not any(disabled.may(permission) for permission in Permission)


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("", Weakness.SHORT),
        ("elevenchars", Weakness.SHORT),
        ("twelve chars", None),
        ("двенадцать букв", None),
        ("ﬁﬁﬁﬁﬁﬁ + abc", None),  # NFKC makes two letters of a ligature
        ("x" * 201, Weakness.LONG),
        ("wet harness " * 16, None),
        ("Qwerty123456", Weakness.COMMON),
        ("ЙЦУКЕНГШЩЗХЪ", Weakness.COMMON),
        ("121212121212", Weakness.COMMON),
        ("IVANOVA-2026", Weakness.NAME),
        ("иванова а. п. 1", Weakness.NAME),
        ("meterline2026", Weakness.NAME),
        ("ivanova grows nineteen lemons", None),
    ],
)
def test_passwords(password: str, expected: Weakness | None) -> None:
    """Length decides; the commonest, and what is mostly one's own name, are refused."""
    assert weakness(password, member()) is expected


def test_waits_double_and_end() -> None:
    """Four failures are free, then 30 s, doubling to a quarter of an hour, never more."""
    waits = [OF_NAME.wait(failures).total_seconds() for failures in (0, 4, 5, 6, 7, 8, 9, 10, 11, 10_000)]
    assert waits == [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert OF_NAME.longest == timedelta(minutes=15)


def test_names_are_compared_without_case_and_spaces() -> None:
    """A capital or a space at the end keeps nobody out."""
    assert folded(" Ivanova ") == folded("IVANOVA") == "ivanova"
