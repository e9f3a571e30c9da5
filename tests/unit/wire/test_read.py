"""Reads on the wire: what is taken, what is saved, and what is refused with which reason."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr_match.domain.read import Candidate, Image, Read, Vehicle, derived_read_id
from anpr_match.wire import read as wire_read
from anpr_match.wire.read import NotRead

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LEAST = {"camera_id": "CAM001", "captured_at": "2026-11-22T10:00:00Z", "plate": "AB01CDE"}


def value_of(**fields: Any) -> bytes:
    """A least read as JSON, with these fields added or put in place."""
    return json.dumps(LEAST | fields).encode()


def read_of(value: bytes) -> Read:
    """The read in `value`, which must be one."""
    result = wire_read.decode(value)
    assert isinstance(result, Read), result
    return result


def refusal_of(value: bytes | None) -> NotRead:
    """Why `value` is no read, which it must not be."""
    result = wire_read.decode(value)
    assert isinstance(result, NotRead), result
    return result


def test_a_least_read_is_given_an_id_of_its_content() -> None:
    """A read of camera, time and plate alone is taken, and its id is made of the three."""
    read = read_of(value_of())
    assert read == Read("CAM001", AT, "AB01CDE", derived_read_id("CAM001", AT, "AB01CDE"))


def test_the_id_does_not_depend_on_the_zone_the_time_is_written_in() -> None:
    """One moment written in two zones gives one read id."""
    assert read_of(value_of()).read_id == read_of(value_of(captured_at="2026-11-22T11:00:00+01:00")).read_id


def test_a_full_read_comes_back_as_it_was_encoded() -> None:
    """Every field survives encode and decode."""
    read = Read(
        camera_id="CAM001",
        captured_at=AT,
        plate="ab01 cde",
        read_id="r-1",
        confidence=0.93,
        candidates=(Candidate("AB01CDE", 0.9), Candidate("A801CDE")),
        char_confidence=(0.9, 1.0),
        region="GB",
        lat=51.8,
        lon=-0.4,
        heading=180.0,
        speed_kmh=48.5,
        direction="departing",
        lane=2,
        vehicle=Vehicle("FORD", "FIESTA", "BLUE", "car"),
        images=(Image("plate", "i/1.jpg"),),
        vendor_event_id="v-1",
        received_at=AT,
        plate_raw="ab01-cde",
        time_source="message",
        retransmitted=True,
        odd=("region",),
    )
    assert read_of(wire_read.encode(read)) == read
    assert [read_of(line) for line in wire_read.encode_lines([read, read]).splitlines()] == [read, read]


def test_a_structured_cloud_event_is_its_data() -> None:
    """The read in a CloudEvent's data is taken, whole or in part."""
    event = {"specversion": "1.0", "id": "1", "source": "/cams", "type": "read", "data": LEAST}
    assert read_of(json.dumps(event).encode()) == read_of(value_of())
    event["data"] = LEAST | {"confidence": 93}
    assert read_of(json.dumps(event).encode()).odd == ("confidence",)


def test_a_cloud_event_may_carry_its_data_as_base64() -> None:
    """data_base64 is decoded like data."""
    event = {"specversion": "1.0", "data_base64": base64.b64encode(value_of()).decode()}
    assert read_of(json.dumps(event).encode()) == read_of(value_of())


@pytest.mark.parametrize("data", [None, 1, "x", [], {}, {"specversion": "1.0", "data": LEAST}])
def test_a_cloud_event_without_a_read_is_refused(data: object) -> None:
    """An event about something else is not a read."""
    event = {"specversion": "1.0", "id": "1", "source": "/cams", "type": "read", "data": data}
    assert refusal_of(json.dumps(event).encode()).reason == "not_a_read"


def test_nulls_are_absent_and_unknown_fields_ignored() -> None:
    """A producer that writes every field, null where it knows nothing, is understood."""
    nulls = {name: None for name in Read.__struct_fields__ if name not in LEAST}
    assert read_of(value_of(**nulls, shoe_size=44, nested={"a": [1]})) == read_of(value_of())


def test_a_time_without_a_zone_is_marked() -> None:
    """A zoneless time is taken as UTC, and says so."""
    read = read_of(value_of(captured_at="2026-11-22T10:00:00"))
    assert (read.captured_at, read.odd) == (AT, ("captured_at_zone",))


def test_a_zoneless_time_is_left_alone_by_parse() -> None:
    """The door gets the time as it was sent, to put it into the camera's zone."""
    read = wire_read.parse(value_of(captured_at="2026-11-22T10:00:00"))
    assert isinstance(read, Read)
    assert (read.captured_at, read.odd, read.read_id) == (AT.replace(tzinfo=None), (), "")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("confidence", 93, None),
        ("confidence", "high", None),
        ("candidates", "AB01CDF", ()),
        ("candidates", [{"plate": "AB01CDF", "confidence": 91}, 7, {}], (Candidate("AB01CDF"),)),
        ("candidates", [{"plate": "AB01CDF", "confidence": 0.5}, None], (Candidate("AB01CDF", 0.5),)),
        ("char_confidence", [0.5, 99], ()),
        ("region", 44, None),
        ("heading", "north", None),
        ("direction", "sideways", None),
        ("lane", True, None),
        ("vehicle", "blue Ford", Vehicle()),
        ("vehicle", {"make": "FORD", "colour": 3}, Vehicle(make="FORD")),
        ("images", [{"kind": "plate", "ref": "a"}, {"kind": "x"}], (Image("plate", "a"),)),
        ("received_at", "yesterday", None),
        ("received_at", "2026-11-22T10:00:00", None),
        ("retransmitted", "yes", False),
        ("odd", 5, ("odd",)),
        ("region", "G\0B", None),
        ("read_id", 12, derived_read_id("CAM001", AT, "AB01CDE")),
    ],
)
def test_an_odd_optional_field_is_left_out_and_named(name: str, value: object, kept: object) -> None:
    """A read is not lost because of its decoration."""
    read = read_of(value_of(**{name: value}))
    assert (getattr(read, name), read.odd) == (kept, (name,))
    assert (read.camera_id, read.captured_at, read.plate) == ("CAM001", AT, "AB01CDE")


def test_half_a_position_is_none() -> None:
    """When a latitude cannot be, the longitude is left out with it."""
    read = read_of(value_of(lat=168, lon=-0.4))
    assert (read.lat, read.lon, read.odd) == (None, None, ("lat",))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b" " * (64 * 1024 + 1), "too_large"),
        (b'{"plate":"\xff"}', "not_utf8"),
        (b'{"camera_id":"C', "not_json"),
        (b"hello", "not_json"),
        (value_of()[:-1] + b',"confidence":NaN}', "not_json"),
        (b"[]", "not_a_read"),
        (b"7", "not_a_read"),
        (b'{"a":' + b"[" * 9000 + b"]" * 9000 + b"}", "not_a_read"),
        (b"{}", "not_a_read"),
        (value_of(camera_id=None), "not_a_read"),
        (value_of(camera_id=""), "not_a_read"),
        (value_of(camera_id="c" * 121), "not_a_read"),
        (value_of(camera_id="C\0"), "not_a_read"),
        (value_of(captured_at=1763805600), "not_a_read"),
        (value_of(captured_at="yesterday"), "not_a_read"),
        (value_of(captured_at="0001-01-01T00:00:00+14:00"), "not_a_read"),
        (value_of(plate=12), "not_a_read"),
        (value_of(plate="A" * 65), "not_a_read"),
        (value_of(plate="AB01\0CDE"), "not_a_read"),
    ],
)
def test_what_cannot_be_a_read_is_refused_with_a_reason(value: bytes | None, reason: str) -> None:
    """Each kind of broken value has its stable reason."""
    assert refusal_of(value).reason == reason


def test_a_plate_may_be_empty() -> None:
    """A vehicle whose plate could not be read is a read."""
    assert read_of(value_of(plate="")).plate == ""


def test_problems_point_to_the_fields() -> None:
    """Every wrong field is named with a pointer and a code."""
    problems = refusal_of(b'{"camera_id":1,"captured_at":"?"}').problems
    assert [(p.pointer, p.code) for p in problems] == [
        ("/camera_id", "wrong_type"),
        ("/captured_at", "malformed"),
        ("/plate", "missing"),
    ]


def test_refusals_never_quote_what_was_sent() -> None:
    """A plate in a refused record does not get into its sentence, which may be logged."""
    for value in (value_of(captured_at="XY01ZZZ"), value_of(plate="XY01ZZZ" * 10), b"XY01ZZZ", b'"XY01ZZZ"'):
        assert "XY01ZZZ" not in str(refusal_of(value))


def test_the_last_of_two_keys_wins() -> None:
    """A repeated key counts as it was last written, as in Python's own reader."""
    assert read_of(b'{"plate":"X",' + value_of()[1:]).plate == "AB01CDE"


def test_a_byte_order_mark_is_passed_over() -> None:
    """A read behind a byte order mark is a read."""
    assert read_of(b"\xef\xbb\xbf" + value_of()) == read_of(value_of())


def test_huge_numbers_do_no_harm() -> None:
    """Numbers beyond all bounds cost at most the field they stand in."""
    assert read_of(value_of()[:-1] + b',"heading":1e400,"zz":' + b"1" * 400 + b"}").odd == ("heading",)


def test_good_records_around_broken_ones_are_decoded() -> None:
    """A batch gives its reads in order, and the index and reason of each other value."""
    values = [value_of(read_id="r-0"), None, value_of(read_id="r-2"), b"{", value_of(read_id="r-4")]
    reads, others = wire_read.decode_all(values)
    assert [read.read_id for read in reads] == ["r-0", "r-2", "r-4"]
    assert [(index, other.reason) for index, other in others] == [(1, "empty"), (3, "not_json")]


def test_heads_do_for_most_reads() -> None:
    """A read as our own door writes it is not decoded whole before it is asked for; an unusual one is."""
    usual, unusual = value_of(read_id="r-0"), value_of(read_id="r-1", plate="AB01\u200bCDE")
    reads, _ = wire_read.decode_all([usual] * wire_read.RUN_VALUES + [usual, unusual])
    whole = [isinstance(head, Read) for head in reads.heads]
    assert whole == [False] * wire_read.RUN_VALUES + [True, True]
    assert list(reads[:2]) == [read_of(usual)] * 2


text = st.text('AB01Z"\\\0é\u2028', max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(Read.__struct_fields__), json_values))
def test_odd_optional_fields_never_cost_the_read(fields: dict[str, object]) -> None:
    """Whatever stands in the optional fields, the read is made, and is encoded and decoded again."""
    read = read_of(json.dumps(fields | LEAST).encode())
    assert read.plate == "AB01CDE"
    again = wire_read.decode(wire_read.encode(read))
    assert again == read


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise(value: bytes) -> None:
    """Any bytes give a read or a reason."""
    assert isinstance(wire_read.decode(value), Read | NotRead)


@st.composite
def nearly_reads(draw: st.DrawFn) -> bytes:
    """A read with some bytes changed, taken out or put in."""
    value = bytearray(value_of(read_id="r-0", confidence=0.5, candidates=[{"plate": "AB01CDE"}], lane="2"))
    for _ in range(draw(st.integers(0, 3))):
        place, byte = (
            draw(st.integers(0, len(value) - 1)),
            draw(st.sampled_from(b'{}[]":,0.e+-tn\\ux \n\x80\xc3\0')),
        )
        value[place : place + draw(st.integers(0, 1))] = bytes([byte][: draw(st.integers(0, 1))])
    return bytes(value)


@given(st.lists(st.none() | st.binary(max_size=20) | nearly_reads(), max_size=6))
def test_together_they_are_decoded_as_one_by_one(values: list[bytes | None]) -> None:
    """Whatever bytes stand side by side, each gives the read, or the reason, that it gives alone."""
    alone = [wire_read.decode(value) for value in values]
    reads, others = wire_read.decode_all(values)
    assert list(reads) == [one for one in alone if isinstance(one, Read)]
    assert others == [(at, one) for at, one in enumerate(alone) if isinstance(one, NotRead)]
