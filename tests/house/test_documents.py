"""Documents agree with one another and with the tree."""

import re
from pathlib import Path

import pytest

from anpr_match.watchlist_file import rows

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
README_LINES_MAX = 120


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every link to a file of ours leads to one."""
    targets = [target for target, _ in LINK.findall(document.read_text(encoding="utf-8"))]
    ours = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in ours if not (document.parent / target).exists()] == []


def test_readme_is_short() -> None:
    """The README stays under 120 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < README_LINES_MAX


def test_every_column_is_described() -> None:
    """Each column of a watchlist file is in its page."""
    page = (ROOT / "docs" / "watchlist-files.md").read_text(encoding="utf-8")
    assert [column for column in [*rows.COLUMNS, *rows.ALIASES] if f"`{column}`" not in page] == []


def test_every_decision_is_listed() -> None:
    """Each decision is in the table of decisions, with a status of its own."""
    table = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert f"]({path.name})" in table, path.name
        assert re.search(
            r"^Date: \d{4}-\d\d-\d\d · Status: \w+", path.read_text(encoding="utf-8"), re.MULTILINE
        )
