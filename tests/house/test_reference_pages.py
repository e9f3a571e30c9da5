"""The reference pages say what the code says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def generator() -> ModuleType:
    """The script that writes the pages."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["settings.md", "metrics.md", "errors.md", "close-codes.md", "cli.md", "asyncapi.json"]
)
def test_page_is_current(name: str) -> None:
    """Each reference page is what the code makes of it now: `python docs/generate.py` writes it anew."""
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == generator().PAGES[name]()


def test_every_page_is_held() -> None:
    """No reference page is written by hand."""
    assert {path.name for path in (ROOT / "docs" / "reference").iterdir()} == set(generator().PAGES)
