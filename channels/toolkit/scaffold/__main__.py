"""`python -m channels.toolkit.scaffold NAME`: writes the new channel's files and makes the few edits it needs."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from channels.toolkit.scaffold import features
from channels.toolkit.scaffold.edits import EDITS, Unexpected
from channels.toolkit.scaffold.names import Names

ROOT: Final = Path(__file__).parents[3]
TEMPLATES: Final = Path(__file__).parent / "templates"
SUFFIX: Final = ".tmpl"
WRONG_USAGE: Final = 2


def files(names: Names) -> dict[Path, str]:
    """The new files with their contents."""
    return {
        ROOT / names.fill(str(template.relative_to(TEMPLATES)).removesuffix(SUFFIX)): names.fill(
            template.read_text("utf-8")
        )
        for template in sorted(TEMPLATES.rglob(f"*{SUFFIX}"))
    }


def edited(names: Names) -> dict[Path, str]:
    """The existing files with their changes.

    Raises:
        Unexpected: a file is not as it was; the message says what to change by hand.
    """
    changes = {ROOT / path: edit((ROOT / path).read_text("utf-8"), names) for path, edit in EDITS.items()}
    page = ROOT / "docs/channels/README.md"
    rows = features.read(changes[ROOT / "docs/channels/features.csv"])
    return changes | {page: features.shown(page.read_text("utf-8"), rows)}


def write(names: Names) -> list[Path]:
    """Write everything, and let ruff sort the imports, whose order depends on the name; gives the new files."""
    new = files(names)
    if taken := [path for path in new if path.exists()]:
        raise Unexpected(f"{taken[0].relative_to(ROOT)} is there already")
    changed = edited(names)
    for path, text in (new | changed).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    python = [str(path) for path in (*new, *changed) if path.suffix == ".py"]
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *python], check=True, cwd=ROOT)  # noqa: S603 - our tools
    return list(new)


def main() -> int:
    """Say what was written, and what to do next."""
    try:
        names = Names(*sys.argv[1:])
        new = write(names)
    except (TypeError, ValueError, Unexpected) as problem:
        print(f"make channel NAME=...: {problem}", file=sys.stderr)  # noqa: T201 - a command of the developer's
        return WRONG_USAGE
    shown = "\n".join(f"  {path.relative_to(ROOT)}" for path in new)
    print(f"{shown}\n\nNow: make check, pytest tests/channels/{names.name}, and docs/adding-a-channel.md")  # noqa: T201 - the same
    return 0


if __name__ == "__main__":
    sys.exit(main())
