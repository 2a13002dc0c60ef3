"""The table of what the channels can do: docs/channels/features.csv, and the page that shows it.

`python -m channels.toolkit.scaffold.features` makes the page's table anew.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

BEGIN: Final = "<!-- features.csv -->\n"
END: Final = "<!-- end -->"
SHOWN: Final = {"true": "yes", "false": "–", "0": "–"}
Rows = Sequence[dict[str, str]]


def read(table: str) -> Rows:
    """One row a channel, by the fields of `Capabilities`."""
    return list(csv.DictReader(io.StringIO(table)))


def shown(page: str, rows: Rows) -> str:
    """The page with its table made anew: a line for each feature, a column for each channel."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    names = [row["channel"] for row in rows]
    lines = [
        ["", *(f"[{name}]({name}.md)" for name in names)],
        ["---"] * (len(names) + 1),
        *(
            [f"`{feature}`", *(SHOWN.get(row[feature], row[feature]) for row in rows)]
            for feature in rows[0]
            if feature != "channel"
        ),
    ]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    return f"{head}{BEGIN}{table}{END}{tail}"


if __name__ == "__main__":
    folder = Path(__file__).parents[3] / "docs/channels"
    page = folder / "README.md"
    page.write_text(shown(page.read_text("utf-8"), read((folder / "features.csv").read_text("utf-8"))), "utf-8")
