"""From bytes to text."""

import gzip
import io
import zipfile

import pytest

from anpr_match.domain.errors import Refused
from anpr_match.watchlist_file import decode

TEXT = "plate,reason\r\nAB01 CDE,café\r\n"
BOUNDS = decode.Bounds(bytes_max=1_000_000)


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def code_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.problems[0].code


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        gzip.compress(TEXT.encode()),
        gzip.compress(TEXT[:10].encode()) + gzip.compress(TEXT[10:].encode()),
        zipped(list=TEXT.encode("utf-8-sig")),
        zipped(**{"folder/": b"", "folder/list.csv": TEXT.encode(), "__MACOSX/._list.csv": b"x"}),
    ],
    ids=["utf8", "utf8-mark", "utf16-le", "utf16-be", "gzip", "gzip-members", "zip", "zip-mac"],
)
def test_known_forms(content: bytes) -> None:
    """Every known form gives the same text, line ends unchanged."""
    assert decode.text(content, BOUNDS) == TEXT


def test_named_encoding() -> None:
    """An encoding that is named is used."""
    assert decode.text(TEXT.encode("cp1252"), BOUNDS, "cp1252") == TEXT


def test_unnamed_encoding() -> None:
    """A character that is not UTF-8 is refused with its line, never replaced."""
    with pytest.raises(Refused) as refused:
        decode.text(TEXT.encode("cp1252"), BOUNDS)
    assert code_of(refused) == "encoding"
    assert "line 2" in refused.value.detail


def test_utf16_without_mark() -> None:
    """UTF-16 without its mark is recognised as what it is, and refused."""
    with pytest.raises(Refused) as refused:
        decode.text("plate\r\nAB01CDE".encode("utf-16-le"), BOUNDS)
    assert code_of(refused) == "encoding"


def test_unknown_encoding() -> None:
    """An encoding that nobody knows is refused by name."""
    with pytest.raises(Refused, match="no encoding is called martian"):
        decode.text(b"plate", BOUNDS, "martian")


@pytest.mark.parametrize("pack", [gzip.compress, lambda c: zipped(list=c)], ids=["gzip", "zip"])
def test_bomb(pack: object) -> None:
    """A small file that unpacks into a huge one stops at the bound."""
    assert callable(pack)
    with pytest.raises(Refused) as refused:
        decode.text(pack(b"A" * 2_000_000), BOUNDS)
    assert code_of(refused) == "too_long"


def test_long_plain_file() -> None:
    """A plain file above the bound is refused."""
    with pytest.raises(Refused) as refused:
        decode.text(b"A" * 1_000_001, BOUNDS)
    assert code_of(refused) == "too_long"


def test_cut_gzip() -> None:
    """A gzip file that was cut short is refused, not read as a shorter list."""
    with pytest.raises(Refused) as refused:
        decode.text(gzip.compress(TEXT.encode())[:-9], BOUNDS)
    assert code_of(refused) == "compression"


@pytest.mark.parametrize(
    "content",
    [zipped(), zipped(one=b"plate", two=b"plate"), b"PK\x03\x04 but no zip"],
    ids=["none", "two", "not"],
)
def test_zip_that_is_no_list(content: bytes) -> None:
    """A zip must hold exactly one file."""
    with pytest.raises(Refused) as refused:
        decode.text(content if content.startswith(b"PK\x03\x04") else b"PK\x03\x04" + content, BOUNDS)
    assert code_of(refused) == "zip"
