"""One table of scenarios for every skin of the desk.

A skin's test makes a `Runner` that does a step the skin's own way and gives the error's words, or nothing; `lay_out`,
`check_step` and `check_rows` are for all of them. The service's runner is here, the command line's beside its tests.
"""

import tomllib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from core.services.moderation import Approve, Ask, Close, Correct, Moderation, Note, Refused, Reject, Reply, Request
from core.storage import tables
from tests.services.moderation.scene import Scene

TABLE: Final = tomllib.loads((Path(__file__).parent / "data" / "decisions.toml").read_text(encoding="utf-8"))
SCENARIOS: Final = {scenario["name"]: scenario for scenario in TABLE["scenario"]}

Step = Mapping[str, Any]
Runner = Callable[[Step, Mapping[str, str]], Awaitable[str]]
"""Does a step on the cases with these references; gives the words of the refusal, empty where there was none."""


async def lay_out(scene: Scene) -> dict[str, str]:
    """The table's cases; returns their references by name."""
    await scene.with_meter()
    refs = {}
    for name, given in TABLE["cases"].items():
        if "values" in given:
            ago = timedelta(hours=given.get("ago", 3))
            reading = await scene.reading(tuple(given["values"]), period=given["period"], ago=ago)
            refs[name] = await scene.case(reading)
        else:
            refs[name] = await scene.case(kind=given["kind"])
    return refs


def check_step(step: Step, error: str) -> None:
    """A step is refused in the words of the table, or not at all."""
    expected = step.get("error", "")
    assert expected in error if expected else not error, (step, error)


async def check_rows(scene: Scene, scenario: Mapping[str, Any], refs: Mapping[str, str]) -> None:
    """The rows are those of the table, whoever has made them; each refusal has left none."""
    moderation = scene.moderation()
    for name, expected in scenario["expect"].items():
        seen = await moderation.picture(refs[name])
        row: list[Any] = [seen.case.state, seen.case.decision, seen.case.decided_by]
        if seen.reading is not None:
            row += [seen.reading.status.value, list(seen.reading.values)]
        assert row == expected, name
    assert len(await scene.messages()) == scenario["told"]
    log = [(row["who"], row["what"]) for row in await scene.rows(tables.audit)]
    done = [step["by"] for step in scenario["steps"] if "error" not in step]
    assert {who for who, _ in log} == set(done)
    assert len(log) >= len(scenario["expect"]) - 1


def request(step: Step) -> Request:
    """The decision that a step takes."""
    by, do = step["by"], step["do"]
    made: dict[str, Callable[[], Request]] = {
        "approve": lambda: Approve(moderator=by),
        "correct": lambda: Correct(moderator=by, values=tuple(step["values"]), note=step.get("note", "")),
        "reject": lambda: Reject(moderator=by, reason=step.get("reason", ""), code=step.get("code", "")),
        "ask": lambda: Ask(moderator=by, question=step.get("question", "")),
        "reply": lambda: Reply(moderator=by, text=step.get("text", ""), canned=step.get("canned", "")),
        "note": lambda: Note(moderator=by, text=step["text"]),
        "close": lambda: Close(moderator=by),
    }
    return made[do]()


def by_service(moderation: Moderation) -> Runner:
    """The service itself."""

    async def do(step: Step, refs: Mapping[str, str]) -> str:
        ref, by = refs[step["case"]], step["by"]
        try:
            match step["do"]:
                case "claim":
                    await moderation.claim(ref, by)
                case "release":
                    await moderation.release(ref, by)
                case "merge":
                    await moderation.merge(ref, [refs[name] for name in step["others"]], by)
                case _:
                    how = {"version": step.get("version"), "override": step.get("override", False)}
                    await moderation.decide(ref, request(step), **how)
        except Refused as error:
            return str(error)
        return ""

    return do
