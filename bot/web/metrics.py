"""What Prometheus reads: the core's counts (it is their `Watch`), the web layer's own, and the database's."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder

from bot.web.durations import Durations
from core.storage.statistics import Backlog

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200)
"""A batch has at most 200 events."""


class Metrics:
    """All metrics of one service. Not shared between services, so tests may run many in one process."""

    def __init__(self, version: str) -> None:
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        Info("meterline_build", "The running program.", registry=registry).info({"version": version})
        self._accepted = Counter("meterline_accepted", "New events made durable.", registry=registry)
        self._duplicates = Counter("meterline_duplicates", "Events that were known already.", registry=registry)
        self._turned_away = Counter(
            "meterline_events_not_accepted", "Events that could not be stored.", registry=registry
        )
        self._outcomes = Counter(
            "meterline_outcomes", "Events by what became of them.", ["channel", "code"], registry=registry
        )
        self._batch_size = Histogram("meterline_batch_size", "Events in a batch.", buckets=SIZES, registry=registry)
        self._batch_seconds = Histogram(
            "meterline_batch_seconds", "Load, decide and store of a batch.", buckets=SECONDS, registry=registry
        )
        self.accept_seconds = Durations("meterline_accept_seconds", "From a request to durable.", SECONDS)
        registry.register(self.accept_seconds)
        self._requests_refused = Counter(
            "meterline_requests_refused", "Requests that were refused.", ["channel", "reason"], registry=registry
        )
        self._sends = Counter(
            "meterline_sends", "Attempts to send by how they ended.", ["channel", "state"], registry=registry
        )
        self._send_seconds = Histogram(
            "meterline_send_seconds", "An attempt to send.", ["channel"], buckets=SECONDS, registry=registry
        )
        self._outbox_rows = Gauge(
            "meterline_outbox_rows", "Replies that are not sent yet.", ["channel", "state"], registry=registry
        )
        self._outbox_age = Gauge(
            "meterline_outbox_age_seconds", "Age of the oldest of them.", ["channel", "state"], registry=registry
        )
        self._reminders = Counter(
            "meterline_reminders", "Accounts looked at to remind them.", ["kind", "result"], registry=registry
        )
        self._autopay = Counter("meterline_autopay", "Autopays by what was done.", ["step"], registry=registry)
        self._calculations = Counter(
            "meterline_calculations", "Replies with a sum by what billing said to it.", ["result"], registry=registry
        )
        self._payments = Counter(
            "meterline_payments", "Orders of payments by how they went.", ["provider", "result"], registry=registry
        )
        self._cases = Gauge("meterline_cases_open", "Cases that wait for a moderator.", ["kind"], registry=registry)

    def accepted(self, size: int, duplicates: int, seconds: float) -> None:
        """A batch became durable."""
        self._accepted.inc(size - duplicates)
        self._duplicates.inc(duplicates)
        self._batch_size.observe(size)
        self._batch_seconds.observe(seconds)

    def outcome(self, channel: str, code: str, count: int = 1) -> None:
        """Events of a channel ended with a code."""
        self._outcomes.labels(channel, code).inc(count)

    def refused(self, size: int) -> None:
        """A batch could not be stored."""
        self._turned_away.inc(size)

    def sent(self, channel: str, state: str, seconds: float) -> None:
        """An outbox row reached a state."""
        self._sends.labels(channel, state).inc()
        self._send_seconds.labels(channel).observe(seconds)

    def reminded(self, kind: str, queued: int, skipped: int) -> None:
        """Accounts were looked at."""
        self._reminders.labels(kind, "queued").inc(queued)
        self._reminders.labels(kind, "skipped").inc(skipped)

    def autopaid(self, step: str, count: int) -> None:
        """Count autopays that a step was taken with."""
        self._autopay.labels(step).inc(count)

    def calculated(self, result: str) -> None:
        """Count a reply that named a sum."""
        self._calculations.labels(result).inc()

    def paying(self, provider: str, result: str) -> None:
        """An order moved on, or a call had no answer."""
        self._payments.labels(provider, result).inc()

    def refused_request(self, channel: str, reason: str) -> None:
        """A request was not what it should be; `reason` is one of a few words, never a stranger's."""
        self._requests_refused.labels(channel, reason).inc()

    def backlog(self, backlog: Backlog | None, now: datetime) -> None:
        """What waits in the database; None takes the old figures away, for no figure is better than a wrong one."""
        for gauge in (self._outbox_rows, self._outbox_age, self._cases):
            gauge.clear()
        if backlog is None:
            return
        for depth in backlog.outbox:
            self._outbox_rows.labels(depth.channel, depth.state).set(depth.count)
            self._outbox_age.labels(depth.channel, depth.state).set(max(0.0, (now - depth.oldest).total_seconds()))
        for kind, count in backlog.cases.items():
            self._cases.labels(kind).set(count)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Everything, and its content type, in the format that a scraper's `Accept` header asks for."""
        encode: Callable[[CollectorRegistry], bytes]
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type
