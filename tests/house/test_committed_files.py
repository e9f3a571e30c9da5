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
LIVE_MARK = re.compile(r"\b[A-Z]{2}(?:0[2-9]|[12]\d|5[1-9]|[67]\d) ?[A-Z]{3}\b")
"""Of an age that has been issued, or is before 2030."""
MADE_UP = "AB  CDE"
DRAWN = {"LV07TDR", "LV07TDB", "LV07TDP", "LM63PQR", "LM63PQB", "XY56ZAB"}
DRAWN |= {"PM70JCB", "OM56BOH", "RS23KLR", "FS23KLR"}
"""Drawn by chance, where the first letters of the alphabet would not do: a misread needs its own letters."""
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


def test_marks_are_nobodys() -> None:
    """A mark that could be on the road is one made of the first letters of the alphabet, or one of the few
    drawn by chance; never one out of the news. Others have an age that no mark has, as 01 or 50."""
    assert [found for found in _found(LIVE_MARK) if not _is_made_up(found)] == []


def _is_made_up(found: str) -> bool:
    mark = found.partition(": ")[2].replace(" ", "")
    return mark in DRAWN or sum(one == other for one, other in zip(mark, MADE_UP, strict=True)) >= 3


def test_top_level_is_fixed() -> None:
    """The folders at the top are these: what is new has its place in one of them."""
    folders = {
        path.relative_to(ROOT).parts[0] for path in committed() if len(path.relative_to(ROOT).parts) > 1
    }
    assert folders == {".ci", "deploy", "docs", "src", "tests"}


def test_files_are_small() -> None:
    """No committed file is larger than a megabyte."""
    assert [place(path) for path in committed() if path.stat().st_size > 1_000_000] == []
