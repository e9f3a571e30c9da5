"""A read on the wire: bytes to `domain.read.Read` and back.

Three forms are taken alike: our own JSON object, a CloudEvent in binary mode (its value is that very
object), and a CloudEvent in structured mode (the object is its `data`).

What must be right is the camera, the time and the plate. Everything else is decoration: a field of it
that cannot be understood is left out and named in `Read.odd`, so that no read is lost for it.
Sentences about what is wrong never quote what was sent, since it may hold a plate.
"""

import base64
import binascii
import codecs
import contextlib
import functools
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any, NamedTuple

import msgspec

from anpr_match.domain.errors import Problem
from anpr_match.domain.read import Candidate, Image, Read, Vehicle, derived_read_id
from anpr_match.domain.reads import Head, Reads

VALUE_BYTES_MAX = 64 * 1024
"""Larger values are refused before they are parsed. A read is less than 2 KiB."""


class NotRead(NamedTuple):
    """Why no read could be made: a stable code for counting, and a sentence.

    `empty` (null or no bytes), `too_large`, `not_utf8`, `not_json`, `not_a_read` (wrong or missing
    fields); `problems` then says which, with pointers into the read.
    """

    reason: str
    detail: str
    problems: tuple[Problem, ...] = ()


class _CloudEvent(msgspec.Struct):
    specversion: str
    data: Read


_DECODE = msgspec.json.Decoder(Read).decode
_DECODE_HEAD = msgspec.json.Decoder(Head).decode
_DECODE_CLOUD_EVENT = msgspec.json.Decoder(_CloudEvent).decode
_DECODE_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_DECODE_RAWS = msgspec.json.Decoder(list[msgspec.Raw]).decode
_DECODE_CANDIDATE = msgspec.json.Decoder(Candidate).decode
_DECODE_IMAGE = msgspec.json.Decoder(Image).decode
_DECODE_TEXT = msgspec.json.Decoder(str).decode
_DECODE_FIELD = {
    field.name: msgspec.json.Decoder(field.type).decode for field in msgspec.structs.fields(Read)
}
_ENCODER = msgspec.json.Encoder()
_REQUIRED = ("camera_id", "captured_at", "plate")

# What msgspec raises on bytes from outside: UnicodeDecodeError is not one of its own errors, and
# RecursionError comes from nesting that is too deep.
FAILED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# JSON's only way to write a NUL. PostgreSQL cannot store one, so a single such read would hold up the
# whole partition behind it.
NUL = b"\\u0000"
BACKSLASH = b"\\"
RUN_VALUES = 100


def encode(read: Read) -> bytes:
    """The read as our own JSON, without the fields that are absent."""
    return _ENCODER.encode(read)


def encode_lines(reads: Sequence[Read]) -> bytes:
    """The reads as JSON, one a line."""
    return _ENCODER.encode_lines(reads)


def parse(value: bytes | None, bytes_max: int = VALUE_BYTES_MAX) -> Read | NotRead:
    """The read in `value` as it was sent: times in any zone or none, perhaps without an id. Never raises."""
    if value is not None and len(value) <= bytes_max and NUL not in value:
        try:
            return _DECODE(value)
        except FAILED:
            pass
    return _parse_slowly(value, bytes_max)


def decode(value: bytes | None, bytes_max: int = VALUE_BYTES_MAX) -> Read | NotRead:
    """The read in `value` as it is matched: `parse`, with times in UTC and an id. Never raises.

    A time without a zone is taken as UTC and named `captured_at_zone` in `Read.odd`.
    """
    result = parse(value, bytes_max)
    return _finished(result) if isinstance(result, Read) else result


def decode_all(
    values: Sequence[bytes | None], bytes_max: int = VALUE_BYTES_MAX
) -> tuple[Reads, list[tuple[int, NotRead]]]:
    """`decode` over `values`: the reads in their order, and for the others their index and why.

    Nearly every read is of a vehicle that nobody looks for; so only its head is decoded, and the rest when
    it is asked for. Values are looked at in short runs, so that one that is unusual costs few others the
    short way.
    """
    heads: list[Head | Read] = []
    sources: list[bytes | None] = []
    others: list[tuple[int, NotRead]] = []
    for start in range(0, len(values), RUN_VALUES):
        run = values[start : start + RUN_VALUES]
        if (quick := _heads(run, bytes_max)) is not None:
            heads += quick
            sources += run
            continue
        for index, value in enumerate(run, start):
            result = decode(value, bytes_max)
            if isinstance(result, Read):
                heads.append(result)
                sources.append(None)
            else:
                others.append((index, result))
    return Reads(heads, functools.partial(_whole, sources, bytes_max)), others


def _heads(run: Sequence[bytes | None], bytes_max: int) -> Sequence[Head] | None:
    """The heads of values that are all as our own door writes them; else None. Such a value is a read,
    since whatever is odd in the rest of it never costs the read."""
    given = [value for value in run if value]
    joined = b"".join(given)
    if len(given) < len(run) or BACKSLASH in joined or max(map(len, given)) > bytes_max:
        return None
    try:
        if not joined.isascii():
            joined.decode()
        heads = list(map(_DECODE_HEAD, given))
    except FAILED:
        return None
    unfinished = [head for head in heads if head.captured_at.tzinfo is not UTC or not head.read_id]
    return None if unfinished else heads


def _whole(sources: Sequence[bytes | None], bytes_max: int, place: int) -> Read:
    """The read whose head was made of the source at this place."""
    result = decode(sources[place], bytes_max)
    if isinstance(result, NotRead):
        raise TypeError(f"a value with the head of a read is none: {result.reason}")
    return result


def _parse_slowly(value: bytes | None, bytes_max: int) -> Read | NotRead:
    """What `parse` says of a value that is not a read at first sight."""
    if not value:
        return NotRead("empty", "The value is null or has no bytes.")
    if len(value) > bytes_max:
        return NotRead("too_large", f"The value has {len(value)} bytes; at most {bytes_max} are taken.")
    if b'"specversion"' in value and NUL not in value:
        try:
            return _DECODE_CLOUD_EVENT(value).data
        except FAILED:
            pass
    try:
        value.decode()
        return _salvage(value.removeprefix(codecs.BOM_UTF8))
    except UnicodeDecodeError as error:
        return NotRead("not_utf8", f"Byte {error.start} is not UTF-8.")
    except RecursionError:
        return NotRead("not_a_read", "The value is nested too deeply.")
    except msgspec.ValidationError:
        return _not_an_object(value)
    except msgspec.DecodeError:
        return NotRead("not_json", "The value is not JSON.")


def _not_an_object(value: bytes) -> NotRead:
    """Why a value that begins as something other than an object is no read."""
    try:
        msgspec.json.decode(value)
    except FAILED:
        return NotRead("not_json", "The value is not JSON.")
    return NotRead("not_a_read", "A read is an object.", (Problem("", "wrong_type", "Must be an object."),))


def _salvage(value: bytes) -> Read | NotRead:
    """The read in a JSON object, native or a CloudEvent, field by field. Raises as `_DECODE_FIELDS`."""
    sent = {name: raw for name, field in _DECODE_FIELDS(value).items() if (raw := bytes(field)) != b"null"}
    if "specversion" in sent and "camera_id" not in sent:
        return _from_cloud_event(sent)
    fields: dict[str, Any] = {}
    problems = [problem for name in _REQUIRED if (problem := _required(sent, name, fields))]
    if problems:
        sentence = "; ".join(f"{problem.pointer[1:]}: {problem.detail}" for problem in problems)
        return NotRead("not_a_read", sentence, tuple(problems))
    odd = _optional(sent, fields)
    if odd:
        fields["odd"] = tuple(dict.fromkeys((*fields.get("odd", ()), *odd)))
    return Read(**fields)


def _from_cloud_event(event: dict[str, bytes]) -> Read | NotRead:
    try:
        data = event.get("data")
        if data is None and "data_base64" in event:
            data = base64.b64decode(_DECODE_TEXT(event["data_base64"]), validate=True)
        if data and "specversion" not in _DECODE_FIELDS(data):
            return _salvage(data)
    except (*FAILED, binascii.Error):
        pass
    return NotRead("not_a_read", "The event's data is not a read.")


def _required(sent: dict[str, bytes], name: str, fields: dict[str, Any]) -> Problem | None:
    """Take a field that a read cannot be without, or say what is wrong with it."""
    pointer = f"/{name}"
    if name not in sent:
        return Problem(pointer, "missing", "Must be given.")
    value = sent[name]
    if not value.startswith(b'"'):
        return Problem(pointer, "wrong_type", "Must be a string.")
    if NUL in value:
        return Problem(pointer, "malformed", "Must not hold a NUL character.")
    try:
        fields[name] = _DECODE_FIELD[name](value)
    except FAILED:
        if name == "captured_at":
            return Problem(pointer, "malformed", "Must be a date and time as RFC 3339 has it.")
        bounds = "1 to 120" if name == "camera_id" else "at most 64"
        return Problem(pointer, "wrong_length", f"Must have {bounds} characters.")
    return None


def _optional(sent: dict[str, bytes], fields: dict[str, Any]) -> list[str]:
    """Take the fields that are decoration; return the names of those that had to be left out."""
    odd = []
    for name in sent.keys() & _DECODE_FIELD.keys() - set(_REQUIRED):
        value = sent[name]
        try:
            fields[name] = _sound(_DECODE_FIELD[name], value)
        except FAILED:
            odd.append(name)
            if name in _MENDED:
                fields[name] = _MENDED[name](value)
    if "lat" in odd or "lon" in odd:
        # Half a position is none.
        fields.pop("lat", None)
        fields.pop("lon", None)
    return sorted(odd)


def _sound(decode_field: Callable[[bytes], Any], value: bytes) -> Any:
    if NUL in value:
        raise msgspec.ValidationError
    return decode_field(value)


def _candidates(value: bytes) -> tuple[Candidate, ...]:
    """The candidates that are well formed, and of one with an odd confidence its plate."""
    kept = []
    for item in _items(value):
        try:
            kept.append(_sound(_DECODE_CANDIDATE, item))
        except FAILED:
            plate = _texts(item).get("plate")
            if plate is not None:
                kept.append(Candidate(plate))
    return tuple(kept)


def _images(value: bytes) -> tuple[Image, ...]:
    kept = []
    for item in _items(value):
        with contextlib.suppress(*FAILED):
            kept.append(_sound(_DECODE_IMAGE, item))
    return tuple(kept)


def _vehicle(value: bytes) -> Vehicle:
    return Vehicle(**{k: v for k, v in _texts(value).items() if k in Vehicle.__struct_fields__})


_MENDED: dict[str, Callable[[bytes], Any]] = {
    "candidates": _candidates,
    "images": _images,
    "vehicle": _vehicle,
}


def _items(value: bytes) -> list[bytes]:
    try:
        return [bytes(item) for item in _DECODE_RAWS(value)]
    except FAILED:
        return []


def _texts(value: bytes) -> dict[str, str]:
    """The fields of an object that are sound strings; {} if it is none."""
    texts = {}
    with contextlib.suppress(*FAILED):
        for name, field in _DECODE_FIELDS(value).items():
            with contextlib.suppress(*FAILED):
                texts[name] = _sound(_DECODE_TEXT, bytes(field))
    return texts


def _finished(read: Read) -> Read | NotRead:
    """The read with its times in UTC and its id."""
    marks = []
    captured_at, received_at = read.captured_at, read.received_at
    if captured_at.tzinfo is None:
        captured_at = captured_at.replace(tzinfo=UTC)
        marks.append("captured_at_zone")
    if received_at is not None and received_at.tzinfo is None:
        received_at = None
        marks.append("received_at")
    try:
        captured_at = captured_at.astimezone(UTC)
        received_at = received_at and received_at.astimezone(UTC)
    except OverflowError:
        problem = Problem("/captured_at", "out_of_range", "Must lie in the years 1 to 9999.")
        return NotRead("not_a_read", f"captured_at: {problem.detail}", (problem,))
    # The struct was made just now and nobody else holds it, so it may still be changed.
    put = msgspec.structs.force_setattr
    put(read, "captured_at", captured_at)
    put(read, "received_at", received_at)
    if not read.read_id:
        put(read, "read_id", derived_read_id(read.camera_id, captured_at, read.plate))
    if marks:
        put(read, "odd", (*read.odd, *marks))
    return read
