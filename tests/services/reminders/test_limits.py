"""A round on three messengers in simulated time: no limit is exceeded, and nobody who asks waits for it."""

from datetime import timedelta

import pytest

from tests.services.reminders.simulation import simulate


@pytest.mark.parametrize("down", [timedelta(0), timedelta(minutes=10)])
def test_replies_overtake_a_round_within_the_vendors_limits(sqlite_url: str, down: timedelta) -> None:
    """Everybody is reminded once; a reply waits a second at most, also while what an outage held up comes all at once.

    In the very chat that is just being reminded it waits for that to end (0.3 s here), and then for the second that
    Telegram wants between two messages.
    """
    found = simulate(sqlite_url, reminders=1800, replies=200, down=down)
    assert found.breaches == []
    assert (found.sent, found.twice) == (1800, 0)
    assert max(found.waits) <= 1.0
    assert max(found.waits_same_chat) <= 1.5
    assert len(found.waits) + len(found.waits_same_chat) == 200
