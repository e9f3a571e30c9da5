"""The body of `POST /v1/reads` in its three forms."""

import json

import pytest

from anpr_match.domain.errors import Problem, Refused
from anpr_match.domain.read import Read
from anpr_match.wire.reads_body import Item, parse_body

LEAST = {"camera_id": "CAM001", "captured_at": "2026-11-22T10:00:00Z", "plate": "AB01CDE"}
ODD = LEAST | {"confidence": 93}
BAD = LEAST | {"captured_at": "?"}


def shape(items: list[Item]) -> list[str]:
    """The plate of each read, the pointers of each refusal."""
    return [item.plate if isinstance(item, Read) else ",".join(p.pointer for p in item) for item in items]


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (json.dumps(LEAST), "application/json", ["AB01CDE"]),
        (json.dumps(LEAST, indent=2), "application/json", ["AB01CDE"]),
        (json.dumps([LEAST, LEAST]), "application/json", ["AB01CDE", "AB01CDE"]),
        (json.dumps([LEAST, BAD, ODD]), "", ["AB01CDE", "/1/captured_at", "AB01CDE"]),
        (json.dumps(BAD), "", ["/captured_at"]),
        ("[]", "", []),
        ("[7]", "", ["/0"]),
        (
            f"{json.dumps(LEAST)}\n\n{json.dumps(BAD)}\n",
            "application/x-ndjson",
            ["AB01CDE", "/1/captured_at"],
        ),
        (f"{json.dumps(LEAST)}\r\n{json.dumps(LEAST)}", "text/plain", ["AB01CDE", "AB01CDE"]),
        (f'{json.dumps(LEAST)}\n{{"camera_id"', "application/x-ndjson; charset=utf-8", ["AB01CDE", "/1"]),
    ],
)
def test_each_form_is_taken_item_by_item(body: str, content_type: str, expected: list[str]) -> None:
    """Objects, arrays and lines give one item each, with pointers that find it in the body."""
    assert shape(parse_body(body.encode(), content_type)) == expected


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("body", [b"", b"  \n", b"hello", b"[1,", b"\xff\xfe", b'{"camera_id":"\xff"}'])
def test_what_is_not_json_is_refused_whole(body: bytes, content_type: str) -> None:
    """A body that holds no JSON at all is refused, with the pointer to the whole of it."""
    with pytest.raises(Refused) as refused:
        parse_body(body, content_type)
    assert [problem.pointer for problem in refused.value.problems] == [""]


def test_a_single_item_is_bounded() -> None:
    """One read above the bound is refused, and the reads beside it are not."""
    large = LEAST | {"lane": "x" * 70_000}
    items = parse_body(json.dumps([large, BAD, LEAST]).encode())
    assert items[0] == [Problem("/0", "too_large", "The value has 70094 bytes; at most 65536 are taken.")]
    assert shape(items)[2] == "AB01CDE"
