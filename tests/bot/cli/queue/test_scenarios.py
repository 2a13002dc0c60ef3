import json
from collections.abc import Mapping

import pytest

from tests.bot.cli.queue.conftest import Desktop
from tests.services.moderation.scenarios import SCENARIOS, Step, check_rows, check_step, lay_out

POSITIONAL = {"question", "text"}
"""What a command takes as an argument; the rest are its options."""


def _arguments(step: Step, refs: Mapping[str, str]) -> list[str]:
    """The command line of a step."""
    given = {name: value for name, value in step.items() if name not in {"case", "do", "by", "error", "on_page"}}
    arguments = [step["do"], refs[step["case"]]]
    arguments += [str(value) for value in given.pop("values", ())]
    arguments += [refs[name] for name in given.pop("others", ())]
    arguments += [given.pop(name) for name in sorted(POSITIONAL & set(given))]
    if given.pop("override", False):
        arguments.append("--override")
    for name, value in given.items():
        arguments += [f"--{name}", str(value)]
    return [*arguments, "--as", step["by"]]


def _run(queue: Desktop, step: Step, refs: Mapping[str, str]) -> str:
    result = queue(*_arguments(step, refs), "--json", code=1 if "error" in step else 0)
    if not result.stdout:
        return result.stderr
    rows = json.loads(result.stdout)
    return str(rows[0].get("error", "")) if isinstance(rows, list) else ""


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_scenario(empty: Desktop, name: str) -> None:
    """Through the command line, each scenario of the table comes to the same rows as through the service."""
    refs = empty.with_scene(lay_out)
    for step in SCENARIOS[name]["steps"]:
        check_step(step, _run(empty, step, refs))
    empty.with_scene(lambda scene: check_rows(scene, SCENARIOS[name], refs))
