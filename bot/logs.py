"""Structured logs: JSON lines for programs, plain lines for people, and nothing personal or secret in either.

Everything goes through the redaction here: structlog's events, the standard library's records, tracebacks. Numbers
with seven digits or more are taken for accounts, meters and phones; log `core.domain.keys.reference` of a key instead.
"""

import logging
import re
import sys
from collections.abc import Iterable
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "***"
SHORTEST_SECRET = 4
"""A shorter one is found in too many innocent words."""
COUNTS = frozenset({"bytes", "rows", "count", "pid", "port"})
"""Fields whose numbers count something, however large."""
TALKATIVE = ("alembic", "aiosqlite", "asyncio")
"""Libraries whose remarks below a warning say nothing to an operator."""
_SECRET_NAME = re.compile(r"secret|password|token|signing_key|authorization|api_?key", re.IGNORECASE)
_SECRET_IN_TEXT = re.compile(r"((?:secret|pass(?:word)?|token|key|user(?:name)?)=)[^&\s\"']+", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")
_ONE_TIME = re.compile(r"(/my/|/staff/invite/|/pay/(?:app/\w+/)?(?=[\w-]{22}))([\w-]+)")
"""The token of a link of ours, wherever an address is written down (`core.domain.handovers`, `orders` and `staff`)."""
_TOKEN = 22
"""Characters of the shortest token; what is shorter is found in too many innocent words."""
_PARAMETERS = re.compile(r"\[parameters: .*", re.DOTALL)
"""SQLAlchemy ends its errors with the values of the statement: whole messages and addresses."""
_PHONE = re.compile(r"(?:\+|(?<!\d))[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*(?=\d{2}(?!\d))")
_GROUPS = re.compile(r"(?<!\d)\d{3,}(?:[ -]\d{3,}){2,}(?!\d)")
_LONG = re.compile(r"\d{7,}")


class Redaction:
    """A processor that masks whatever an event holds. Idempotent, and total: any value comes back printable."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
        """Mask every value; names stay. A token whose link is in one value is masked in the others without it, too."""
        texts = [value for value in event_dict.values() if isinstance(value, str)]
        tokens = {found[2] for text in texts for found in _ONE_TIME.finditer(text) if len(found[2]) >= _TOKEN}
        for token in tokens:
            event_dict = {n: v.replace(token, HIDDEN) if isinstance(v, str) else v for n, v in event_dict.items()}
        return {name: self._field(name, value) for name, value in event_dict.items()}

    def text(self, text: str) -> str:
        """Mask a text; what UTF-8 cannot say, such as half a surrogate pair, is spelled out."""
        text = text.encode("utf-8", "backslashreplace").decode()
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        text = _ONE_TIME.sub(rf"\1{HIDDEN}", text)
        text = _PARAMETERS.sub(f"[parameters: {HIDDEN}]", text)
        text = _USER_IN_URL.sub(f"{HIDDEN}@", text)
        text = _SECRET_IN_TEXT.sub(rf"\1{HIDDEN}", text)
        text = _PHONE.sub(_but_two, text)
        text = _GROUPS.sub("…", text)
        return _LONG.sub("…", text)

    def _field(self, name: str, value: object) -> object:
        if _SECRET_NAME.search(name):
            return HIDDEN
        if name in COUNTS and isinstance(value, (int, float)):
            return value
        return self._value(value)

    def _value(self, value: object) -> object:
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            text = str(value)
            masked = self.text(text)
            return value if masked == text else masked
        if isinstance(value, dict):
            return {self.text(str(name)): self._field(str(name), part) for name, part in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._value(part) for part in value]
        return self.text(value if isinstance(value, str) else repr(value))


def _but_two(match: re.Match[str]) -> str:
    """Leave the last four digits of a phone: the two that the pattern looked ahead to, and the two before them."""
    digits = re.sub(r"\D", "", match.group())
    return f"…{digits[-2:]}"


def configure(
    level: str = "info",
    style: Literal["auto", "json", "console"] = "auto",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send all logging of this process to `stream` (stdout), in the style."""
    target = stream or sys.stdout
    people = style == "console" or (style == "auto" and target.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Redaction(secrets),
                _renderer(people=people, colours=target.isatty()),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for talkative in TALKATIVE:
        logging.getLogger(talkative).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def _renderer(*, people: bool, colours: bool) -> Processor:
    if not people:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
