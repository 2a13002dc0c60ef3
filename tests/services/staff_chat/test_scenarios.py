"""The table of scenarios that every skin of the desk is put through, by buttons as far as the group has some."""

from collections.abc import Mapping

import pytest

from core.services.staff_chat.tokens import Act, Token
from core.storage import tables
from core.storage.cases import CLOSED
from tests.services.moderation.scenarios import SCENARIOS, Step, by_service, check_rows, check_step, lay_out
from tests.services.staff_chat.stage import IRINA, OLEG, Stage

USERS = {"irina": IRINA, "oleg": OLEG}


def is_a_button(step: Step) -> bool:
    """Whether the group can do it: approve, or reject by a reason of ours, as the case stands, by whoever is linked."""
    fits = step["do"] == "approve" or (step["do"] == "reject" and "code" in step and "reason" not in step)
    return fits and step["by"] in USERS and not step.get("override") and "version" not in step


BY_BUTTONS = sorted(name for name, one in SCENARIOS.items() if any(map(is_a_button, one["steps"])))


async def by_chat(stage: Stage, step: Step, refs: Mapping[str, str]) -> str:
    """Press the button; the words of the refusal."""
    case = (await stage.scene.moderation().picture(refs[step["case"]])).case
    act = Act.APPROVE if step["do"] == "approve" else Act.REJECT
    # The version that a post would show: of a closed case, the one before.
    version = case.version - (1 if case.state == CLOSED else 0)
    token = Token(act, case.id, version, step.get("code", ""))
    press = await stage.messenger.press_old(USERS[step["by"]], 0, str(token))
    await stage.step()
    told = stage.messenger.told(press)
    return "" if told in {"approved", "rejected"} else told


def test_there_are_some() -> None:
    """The table has scenarios that the group can take part in."""
    assert len(BY_BUTTONS) >= 4


@pytest.mark.parametrize("name", BY_BUTTONS)
async def test_scenario(telegram: Stage, name: str) -> None:
    """By buttons, each scenario comes to the same rows as through the service."""
    for who, user in USERS.items():
        await telegram.link(who, user)
    refs = await lay_out(telegram.scene)
    await telegram.step()
    service = by_service(telegram.scene.moderation())
    by_button = 0
    for step in SCENARIOS[name]["steps"]:
        if is_a_button(step):
            by_button += "error" not in step
            shown = {"error": step["on_page"]} if "on_page" in step else {}
            check_step({**step, **shown}, await by_chat(telegram, step, refs))
        else:
            check_step(step, await service(step, refs))
    await check_rows(telegram.scene, SCENARIOS[name], refs)
    skins = {row["skin"] for row in await telegram.scene.rows(tables.audit)}
    assert ("chat" in skins) == bool(by_button)
