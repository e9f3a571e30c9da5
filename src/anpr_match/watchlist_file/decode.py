"""From the bytes of a file to its text: unpacked within a bound, and decoded without guessing."""

import codecs
import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO

from anpr_match.domain.errors import Problem, Refused

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
CHUNK_BYTES = 1 << 16

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a watchlist file may be: unpacked bytes, and rows."""

    bytes_max: int = 256 * 1024 * 1024
    rows_max: int = 3_000_000


def text(content: bytes, bounds: Bounds, encoding: str | None = None) -> str:
    """The text of a plain, gzipped or zipped file, its line ends as they are.

    UTF-8 (with or without a mark) and marked UTF-16 are known; any other encoding must be named.
    Raises `Refused` rather than replace a character: a replaced character in a plate forges another.
    """
    plain = unpacked(content, bounds.bytes_max)
    for mark, name in BOMS:
        if plain.startswith(mark):
            return _decoded(plain[len(mark) :], name)
    decoded = _decoded(plain, encoding or "utf-8")
    if "\0" in decoded:
        raise _refused(
            "encoding", "it holds NUL characters; is it UTF-16 without its mark? Name the encoding"
        )
    return decoded


def unpacked(content: bytes, bytes_max: int) -> bytes:
    """The content, taken out of gzip or out of a zip with one file in it; at most `bytes_max` long."""
    if content.startswith(GZIP_MAGIC):
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            return _bounded(stream, bytes_max)
    if content.startswith(ZIP_MAGIC):
        return _unzipped(content, bytes_max)
    if len(content) > bytes_max:
        raise _too_long(bytes_max)
    return content


def _unzipped(content: bytes, bytes_max: int) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [
                m.filename for m in archive.infolist() if not m.is_dir() and "__MACOSX" not in m.filename
            ]
            if len(names) != 1:
                raise _refused("zip", f"the zip must hold exactly one file, and it holds {len(names)}")
            with archive.open(names[0]) as stream:
                return _bounded(stream, bytes_max)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        # zipfile says RuntimeError for a password and NotImplementedError for an unknown method
        raise _refused("zip", f"the zip cannot be opened: {error}") from error


def _bounded(stream: IO[bytes] | gzip.GzipFile, bytes_max: int) -> bytes:
    """All of the stream; a small file that unpacks into a huge one is stopped at the bound."""
    taken = bytearray()
    try:
        while chunk := stream.read(CHUNK_BYTES):
            taken += chunk
            if len(taken) > bytes_max:
                raise _too_long(bytes_max)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _refused("compression", f"the file is cut short or damaged: {error}") from error
    return bytes(taken)


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError as error:
        raise _refused("encoding", f"no encoding is called {encoding}") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        detail = f"line {line} is not {encoding}; name the encoding of the file, for example cp1252"
        raise _refused("encoding", detail) from error


def _too_long(bytes_max: int) -> Refused:
    return _refused("too_long", f"unpacked it is longer than {bytes_max:,} bytes")


def _refused(code: str, detail: str) -> Refused:
    return Refused([Problem("", code, detail)])
