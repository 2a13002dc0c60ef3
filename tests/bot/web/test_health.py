"""Health and metrics of the running service."""

import json

from prometheus_client.parser import text_string_to_metric_families

from bot.web.metrics import Metrics
from core.storage.outbox import Depth
from core.storage.statistics import Backlog
from tests.bot.conftest import Running, sms
from tests.conftest import FixedClock


def sample(text: str, name: str, **labels: str) -> float | None:
    """One figure of an exposition."""
    for family in text_string_to_metric_families(text):
        for found in family.samples:
            if found.name == name and found.labels == labels:
                return float(found.value)
    return None


async def test_alive_and_ready(running: Running) -> None:
    """A service that has started is both."""
    assert await running.get("/healthz") == (200, '{"status": "alive"}')
    status, body = await running.get("/readyz")
    assert (status, json.loads(body)) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "background": "ok"}},
    )


async def test_a_service_that_stops_is_not_ready(running: Running) -> None:
    """A load balancer looks elsewhere as soon as a stop begins."""
    running.service.health.draining = True
    status, body = await running.get("/readyz")
    assert (status, json.loads(body)["checks"]["service"]) == (503, "stopping")


async def test_a_dead_sender_is_not_ready(running: Running) -> None:
    """A background task that failed is named."""
    running.service.minding.faults["sender of sms"] = "ZeroDivisionError"
    status, body = await running.get("/readyz")
    assert (status, json.loads(body)["checks"]["background"]) == (503, "sender of sms: ZeroDivisionError")


async def test_another_schema_is_not_ready(running: Running) -> None:
    """A database that somebody upgraded past this program is told with the command to run."""

    def change(connection: object) -> None:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")  # type: ignore[attr-defined]

    await running.service.database.write(change)
    status, body = await running.get("/readyz")
    assert status == 503
    assert "has schema 9999" in json.loads(body)["checks"]["database"]
    assert "`meterline db upgrade`" in json.loads(body)["checks"]["database"]


async def test_metrics_count_the_whole_path(running: Running) -> None:
    """A message, its repeat and a refused request show in the figures; so does the reply that waits."""
    for body in (sms(1), sms(1)):
        assert await running.post(body) == 200
    assert await running.post(sms(2), secret="wrong") == 403
    status, text = await running.get("/metrics")
    assert status == 200
    assert sample(text, "meterline_accepted_total") == 1
    assert sample(text, "meterline_duplicates_total") == 1
    assert sample(text, "meterline_outcomes_total", channel="sms", code="account_not_found") == 1
    assert sample(text, "meterline_requests_refused_total", channel="sms", reason="403") == 1
    assert sample(text, "meterline_accept_seconds_count", channel="sms") == 2
    assert sample(text, "meterline_batch_size_sum") == 2
    assert sample(text, "process_open_fds") is not None
    waiting = sum(
        sample(text, "meterline_outbox_rows", channel="sms", state=state) or 0 for state in ("queued", "sending")
    )
    assert waiting == 1


async def test_metrics_do_without_the_database(running: Running) -> None:
    """While the database does not answer, its figures are missing and the others are there."""
    await running.service.database.write(
        lambda connection: connection.exec_driver_sql("ALTER TABLE outbox RENAME TO gone")
    )
    status, text = await running.get("/metrics")
    assert status == 200
    assert sample(text, "meterline_accepted_total") == 0
    assert "meterline_outbox_rows{" not in text


def test_no_figure_is_better_than_an_old_one(clock: FixedClock) -> None:
    """A backlog replaces the one before; an unknown one takes it away."""
    metrics = Metrics("test")
    metrics.backlog(Backlog((Depth("sms", "queued", 3, clock.now()),), {"x10": 2}), clock.now())
    text = metrics.exposition("")[0].decode()
    assert sample(text, "meterline_outbox_rows", channel="sms", state="queued") == 3
    assert sample(text, "meterline_cases_open", kind="x10") == 2
    metrics.backlog(None, clock.now())
    assert "meterline_cases_open{" not in metrics.exposition("")[0].decode()


def test_sends_and_refused_batches_are_counted() -> None:
    """The rest of what the core tells."""
    metrics = Metrics("test")
    metrics.sent("sms", "sent", 0.1)
    metrics.refused(3)
    text = metrics.exposition("")[0].decode()
    assert sample(text, "meterline_sends_total", channel="sms", state="sent") == 1
    assert sample(text, "meterline_events_not_accepted_total") == 3
