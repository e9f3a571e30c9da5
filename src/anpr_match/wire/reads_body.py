"""The body of `POST /v1/reads`: one read, an array of reads, or one read a line."""

import msgspec

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.read import Read
from anpr_match.wire import read as wire_read

LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
NOT_JSON = ("not_json", "not_utf8")


Item = Read | list[Problem]
"""A read as it was sent, or what is wrong with what should have been one."""

_DECODE_ARRAY = msgspec.json.Decoder(list[Read]).decode
_DECODE_RAWS = msgspec.json.Decoder(list[msgspec.Raw]).decode


def parse_body(
    body: bytes, content_type: str = "", item_bytes_max: int = wire_read.VALUE_BYTES_MAX
) -> list[Item]:
    """What `body` holds, item by item. Raises `Refused` when it is not JSON at all or holds nothing.

    Pointers name the item (`/3/captured_at`; lines count from 0 too), or, when the body is a single
    object, the field alone (`/captured_at`). Reads are as `wire.read.parse` gives them.
    """
    if content_type.partition(";")[0].strip().lower() in LINES:
        return _lines(body, item_bytes_max)
    first = body.lstrip()[:1]
    if not first:
        raise Refused([Problem("", "empty", "The body is empty.")])
    if first == b"[":
        return _array(body, item_bytes_max)
    if b"\n{" in body:
        return _several(body, item_bytes_max)
    result = wire_read.parse(body, item_bytes_max)
    if isinstance(result, wire_read.NotRead) and result.reason in NOT_JSON:
        raise Refused([Problem("", result.reason, result.detail)])
    return [_item(result, "")]


def _several(body: bytes, item_bytes_max: int) -> list[Item]:
    """One object written over several lines, or lines that nobody declared as such."""
    result = wire_read.parse(body, item_bytes_max)
    if isinstance(result, wire_read.NotRead) and result.reason in (*NOT_JSON, "too_large"):
        return _lines(body, item_bytes_max)
    return [_item(result, "")]


def _array(body: bytes, item_bytes_max: int) -> list[Item]:
    if wire_read.NUL not in body:
        try:
            return list(_DECODE_ARRAY(body))
        except wire_read.FAILED:
            pass
    try:
        raws = _DECODE_RAWS(body)
    except wire_read.FAILED:
        raise Refused([Problem("", "not_json", "The body is not JSON.")]) from None
    return [_item(wire_read.parse(bytes(raw), item_bytes_max), f"/{n}") for n, raw in enumerate(raws)]


def _lines(body: bytes, item_bytes_max: int) -> list[Item]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise Refused([Problem("", "empty", "The body is empty.")])
    results = [wire_read.parse(line, item_bytes_max) for line in lines]
    if all(isinstance(result, wire_read.NotRead) and result.reason in NOT_JSON for result in results):
        raise Refused([Problem("", "not_json", "The body is not JSON, and no line of it is.")])
    return [_item(result, f"/{n}") for n, result in enumerate(results)]


def _item(result: Read | wire_read.NotRead, pointer: str) -> Item:
    if isinstance(result, Read):
        return result
    if not result.problems:
        return [Problem(pointer, result.reason, result.detail)]
    return [Problem(pointer + problem.pointer, problem.code, problem.detail) for problem in result.problems]
