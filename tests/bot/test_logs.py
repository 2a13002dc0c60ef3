"""Logs: one line of JSON each, and nothing personal or secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import Redaction, configure

SECRET = "hush-hush-hush"
redact = Redaction([SECRET, "abc"])


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Logging goes into memory while a test runs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    out = io.StringIO()
    configure("debug", "json", [SECRET], out)
    yield out
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


MASKED = {
    "phone": ("from +79141234567 now", "from …4567 now"),
    "phone_of_eight": ("89141234567", "…4567"),
    "phone_with_spaces": ("+7 (914) 123-45-67", "…4567"),
    "account": ("account 1234567890", "account …"),
    "account_in_groups": ("1234 5678 9012 done", "… done"),
    "card": ("4276 1600 1234 5678", "…"),
    "secret": (f"key {SECRET}!", "key ***!"),
    "secret_in_address": ("GET /kannel?secret=xyz&from=a", "GET /kannel?secret=***&from=a"),
    "password_in_address": ("https://user:pass@host/path", "https://***@host/path"),
    "one_time_link": ("GET /my/Zr1-QpKx_9sVb7cN2mLd4Wt6 failed", "GET /my/*** failed"),
    "payment_page": ("GET /pay/Zr1-QpKx_9sVb7cN2mLd4Wt6 failed", "GET /pay/*** failed"),
    "payment_page_in_an_app": ("/pay/app/telegram/Zr1-QpKx_9sVb7cN2mLd4Wt6?x", "/pay/app/telegram/***?x"),
    "entry_of_an_app": ("GET /pay/app/telegram failed", "GET /pay/app/telegram failed"),
    "parameters": ("Error\n[parameters: ('Ivan', 5)]\nmore", "Error\n[parameters: ***]"),
    "short_number": ("port 8080, 123456 rows", "port 8080, 123456 rows"),
    "short_secret": ("abc stays", "abc stays"),
    "moment": ("2026-11-22T04:49:56.087883Z", "2026-11-22T04:49:56.087883Z"),
    "surrogate": ("x\udc80y", "x\\udc80y"),
}


@pytest.mark.parametrize("name", sorted(MASKED))
def test_what_is_personal_or_secret_is_masked(name: str) -> None:
    """Phones keep four digits, longer numbers none, secrets nothing; ordinary figures stay."""
    text, masked = MASKED[name]
    assert redact.text(text) == masked


def test_a_token_is_masked_also_without_its_link() -> None:
    """Where a page failed, its address says which words of the traceback are a token."""
    token = "Zr1-QpKx_9sVb7cN2mLd4Wt6"
    event = {"path": f"/pay/{token}", "exception": f"KeyError: '{token}'", "event": "page_failed", "n": 1}
    masked = {"path": "/pay/***", "exception": "KeyError: '***'", "event": "page_failed", "n": 1}
    assert redact(None, "error", event) == masked
    assert redact(None, "error", {"path": "/my/failed", "event": "page_failed"}) == {
        "path": "/my/***",
        "event": "page_failed",
    }


def test_values_of_every_kind_are_masked() -> None:
    """Lists, tables, numbers and objects are searched; fields whose name says secret are hidden whole."""
    event = redact(
        None,
        "info",
        {
            "numbers": [79141234567, 12],
            "table": {"phone": "+79141234567", "password": "x"},
            "token": "y",
            "bytes": 123456789,
            "count": 3,
            "share": 0.12345678,
            "nothing": None,
            "object": ValueError("account 1234567890"),
        },
    )
    assert event == {
        "numbers": ["…4567", 12],
        "table": {"phone": "…4567", "password": "***"},
        "token": "***",
        "bytes": 123456789,
        "count": 3,
        "share": 0.12345678,
        "nothing": None,
        "object": "ValueError('account …')",
    }


@given(st.text())
def test_redaction_takes_any_text(text: str) -> None:
    """Any text comes back printable in UTF-8, and masking again changes nothing."""
    once = redact.text(text)
    once.encode()
    assert redact.text(once) == once


def parsed(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_our_own_lines_are_json(lines: io.StringIO) -> None:
    """An event, its level, its time and its fields."""
    structlog.get_logger().info("sent", phone="+79141234567", count=2)
    (line,) = parsed(lines)
    assert (line["event"], line["level"], line["phone"], line["count"]) == ("sent", "info", "…4567", 2)
    assert line["timestamp"].endswith("Z")


def test_libraries_lines_are_the_same(lines: io.StringIO) -> None:
    """The standard library's records are redacted and written alike, with their extra fields."""
    logging.getLogger("library").warning("for %s", "+79141234567", extra={"password": "p"})
    (line,) = parsed(lines)
    assert (line["event"], line["logger"], line["password"]) == ("for …4567", "library", "***")


def test_a_traceback_is_redacted(lines: io.StringIO) -> None:
    """What an exception quotes is masked too."""
    try:
        int(f"{SECRET} of +79141234567")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = parsed(lines)
    assert "*** of …4567" in line["exception"]
    assert SECRET not in lines.getvalue()


def test_people_get_plain_lines(lines: io.StringIO) -> None:
    """The console style is no JSON, without colours where there is no terminal, and redacted as well."""
    out = io.StringIO()
    configure("info", "console", [], out)
    structlog.get_logger().info("sent", phone="+79141234567")
    structlog.get_logger().debug("not said")
    assert "sent" in out.getvalue()
    assert "…4567" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert "not said" not in out.getvalue()


def test_talkative_libraries_are_quiet(lines: io.StringIO) -> None:
    """Alembic's remarks on every start are not news."""
    logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
    assert lines.getvalue() == ""
