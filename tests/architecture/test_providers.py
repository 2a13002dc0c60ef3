"""No payment provider without its suite and its page."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROVIDERS = sorted(path.parent.name for path in (ROOT / "core/acquiring").glob("*/provider.py"))


@pytest.mark.parametrize("name", PROVIDERS)
def test_suite_and_page(name: str) -> None:
    """A provider has the conformance suite and a page for operators."""
    suite = ROOT / f"tests/acquiring/{name}/test_conformance.py"
    assert "ProviderConformance" in suite.read_text(encoding="utf-8")
    assert (ROOT / f"docs/payments/{name}.md").is_file()
