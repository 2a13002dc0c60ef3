"""The staff's group: what each payload in staff/ means, whichever way it came."""

import json
from pathlib import Path
from typing import Any

import pytest

from channels.telegram import Settings, create
from tests.channels.telegram.harness import SECRET, TOKEN, brought
from tests.conformance.harness import RECEIVED_AT

DATA = Path(__file__).parent / "staff"
CASES = sorted(path.stem for path in DATA.glob("*.json"))
GROUP = "-1001234567890"
CHANNEL = create(Settings.model_validate({"token": TOKEN, "webhook_secret": SECRET}))
CHANNEL.attend(GROUP)


def case_of(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return case


@pytest.mark.parametrize("name", CASES)
def test_payload(name: str) -> None:
    """Each update means what its file says; a press that is heard is not acknowledged before it is answered."""
    case, update = case_of(name), case_of(name)["update"]
    decoded = CHANNEL.decode(brought(update, update["update_id"]))
    expected = case["expect"]
    assert decoded.answer.status == 200
    assert case.get("problem", "") in decoded.problem
    assert bool(decoded.problem) is ("problem" in case)
    assert [type(event).__name__ for event in decoded.events] == ([expected["type"]] if expected else [])
    for event in decoded.events:
        wanted = {key: value for key, value in expected.items() if key not in {"type", "person"}}
        assert {key: getattr(event, key) for key in wanted} == wanted
        assert event.address.external_id == expected["person"]
        if expected["type"] == "StaffPressed":
            assert decoded.answer.body == b""


@pytest.mark.parametrize("name", CASES)
def test_without_a_group(name: str) -> None:
    """A channel that attends no group hears nothing of staff."""
    update = case_of(name)["update"]
    plain = create(Settings.model_validate({"token": TOKEN, "webhook_secret": SECRET}))
    events = plain.decode(brought(update, update["update_id"])).events
    assert not any(type(event).__name__.startswith(("Staff", "Group")) for event in events)


def test_polling_hears_the_same() -> None:
    """Asked for or brought, it is the same event."""
    update = case_of("press")["update"]
    heard = CHANNEL._decoder.read(update, RECEIVED_AT)
    assert (heard.event,) == CHANNEL.decode(brought(update, update["update_id"])).events
    assert heard.press_id == ""
