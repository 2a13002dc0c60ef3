"""The core sees what channels may say as the retailer has set it, and nothing else."""

import ast
from pathlib import Path

CORE = Path(__file__).parents[2] / "core"
OF_DELIVERY = {"idempotent_send"}
"""What a sender may ask its own channel: it is about the vendor, not about what may be said."""


def test_no_service_asks_a_channel_what_may_be_said() -> None:
    """A channel's own capabilities are wider than what the retailer allows; the narrowed ones come with the rules."""
    asked = {
        (path.name, node.attr)
        for path in sorted(CORE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "capabilities"
        and "channel" in ast.unparse(node.value.value)
    }
    assert {attribute for _, attribute in asked} == OF_DELIVERY
