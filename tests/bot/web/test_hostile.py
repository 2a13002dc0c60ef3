"""Whatever strangers send: a 4xx or a polite reply, nothing stored as a reading, no 500, no traceback."""

import asyncio
import json
from urllib.parse import quote_from_bytes

import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.storage.tables import reading
from tests.bot.conftest import SECRET, Running, sms

KANNEL_SECRET = "a-secret-of-kannel"
hostile = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just("x" * 60_000), st.just([]), st.just({})
)
documents = st.one_of(
    st.binary(max_size=2000),
    st.dictionaries(st.sampled_from(["id", "from", "to", "text", "sent_at", "payload", "event"]), values).map(
        lambda value: json.dumps(value).encode()
    ),
    st.just(b"[" * 30_000),
    st.just(b'{"id": ' + b"9" * 5000 + b"}"),
    st.just(b'{"text": "\\ud800"}'),
)
words = st.one_of(
    st.text(),
    st.from_regex(r"[-+]?[0-9]{1,40}( [-+]?[0-9.,]{1,40}){0,5}", fullmatch=True),
    st.just("1234567890 12345678 " + "9" * 60_000),
    st.just("\x00" * 100),
    st.just("1234567890 -12345678 -1"),
)
paths = st.sampled_from(["", "/", "/kannel", "/generic", "/smsgate", "/nowhere", "/%00", "/generic/../../etc/passwd"])
headers = st.dictionaries(
    st.sampled_from(["X-Meterline-Secret", "X-Signature", "X-Timestamp", "Content-Type", "Accept"]),
    st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs", "Cc"]), max_size=200),
)


async def check_nothing_stored(running: Running) -> None:
    count = await running.service.database.read(
        lambda connection: connection.execute(select(func.count()).select_from(reading)).scalar_one()
    )
    assert count == 0


@hostile
@given(documents, paths, headers)
async def test_any_body_and_headers(running: Running, document: bytes, path: str, head: dict[str, str]) -> None:
    """Any bytes at any hook with any headers are answered below 500."""
    async with running.session.post(f"{running.url}/hooks/sms{path}", data=document, headers=head) as answer:
        assert answer.status < 500
        assert b"Traceback" not in await answer.read()
    await check_nothing_stored(running)


@hostile
@given(documents)
async def test_any_document_with_the_right_secret(running: Running, document: bytes) -> None:
    """Knowing the secret does not help a malformed document."""
    head = {"X-Meterline-Secret": SECRET, "Content-Type": "application/json"}
    async with running.session.post(f"{running.url}/hooks/sms/generic", data=document, headers=head) as answer:
        assert answer.status < 500
    await check_nothing_stored(running)


@hostile
@given(words)
@example("")
@example("1234567890 12345678 " + "9" * 10_000)
async def test_any_text_of_a_subscriber(running: Running, text: str) -> None:
    """Any text is taken, if its delivery is in order, and becomes no reading."""
    async with asyncio.timeout(30):
        assert await running.post({**sms(), "id": f"t{hash(text)}", "text": text}) in {200, 400, 413}
    await check_nothing_stored(running)


@hostile
@given(
    st.binary(max_size=500),
    st.sampled_from(["UTF-8", "UTF-16BE", "GSM", "windows-1251", "rot13", "zlib", "", "x" * 100]),
    st.sampled_from(["0", "1", "2", "-1", "9" * 30, "x"]),
    st.text(max_size=50),
)
async def test_any_query_of_kannel(running: Running, text: bytes, charset: str, coding: str, stamp: str) -> None:
    """Bytes that are not what their charset says, charsets that are none, times that are no times."""
    parts = {
        "secret": KANNEL_SECRET.encode(),
        "from": b"+79141234567",
        "to": b"4747",
        "text": text,
        "charset": charset.encode(),
        "coding": coding.encode(),
        "ts": stamp.encode("utf-8", "surrogatepass"),
        "id": b"id-" + text[:20],
    }
    query = "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in parts.items())
    head = f"GET /hooks/sms/kannel?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split(b" ", 2)[1] < b"500"
    await check_nothing_stored(running)


SECRETS = ["", "wrong", SECRET + "x", SECRET[:-1], SECRET.upper(), "секрет", "\U0001f511", "x" * 8000, "null"]


@pytest.mark.parametrize("number", range(len(SECRETS)))
async def test_a_wrong_secret_is_refused(running: Running, number: int) -> None:
    """Empty, near, Cyrillic, an emoji, eight thousand letters: 403, and the secret is in no log line."""
    with structlog.testing.capture_logs() as logs:
        status = await running.post(sms(), secret=SECRETS[number])
    assert status in {401, 403}
    assert SECRET not in str(logs)
    await check_nothing_stored(running)
