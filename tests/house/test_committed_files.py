"""What is committed works elsewhere, and tells nothing of where it was made."""

import re

from tests.house.tree import ROOT, committed, place

# Each written in two parts, so that this file does not hold what it forbids.
_HOSTS = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("crates", "io"),
    ("golang", "org"),
    ("repo.maven.apache", "org"),
    ("repo1.maven", "org"),
    ("debian", "org"),
]
REGISTRIES = re.compile("|".join(re.escape(f"{name}.{end}") for name, end in _HOSTS))
INDEX = re.compile(r"--(?:extra-)?index-" + r"url[ =]http|--find-" + r"links[ =]\S+/")
MACHINE = re.compile(r"(?<![\w.-])/(?:ro" + r"ot|wo" + r"rk|ho" + r"me/\w+)/|/bash_" + r"jobs")
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----")


def _texts() -> list[tuple[str, str]]:
    texts = []
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content:
            texts.append((place(path), content.decode("utf-8")))
    return texts


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [f"{file}: {match.group()}" for file, text in _texts() for match in pattern.finditer(text)]


def test_no_registry_is_named() -> None:
    """No committed file names a package registry's host or an index: the person's settings lead there."""
    assert _found(REGISTRIES) + _found(INDEX) == []


def test_no_path_of_a_machine() -> None:
    """No committed file holds a path that exists on one machine only."""
    assert _found(MACHINE) == []


def test_no_private_key() -> None:
    """No committed file holds a private key."""
    assert _found(SECRET) == []


def test_top_level_is_fixed() -> None:
    """The folders at the top are these: what is new has its place in one of them."""
    folders = {
        path.relative_to(ROOT).parts[0] for path in committed() if len(path.relative_to(ROOT).parts) > 1
    }
    assert folders == {".ci", "deploy", "docs", "src", "tests"}


def test_files_are_small() -> None:
    """No committed file is larger than a megabyte."""
    assert [place(path) for path in committed() if path.stat().st_size > 1_000_000] == []
