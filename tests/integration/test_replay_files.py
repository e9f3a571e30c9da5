"""Files of reads are matched, judged and learned from without a server."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from anpr_match.domain.errors import Refused
from anpr_match.matching import background
from anpr_match.matching.model import default
from anpr_match.replay.evaluate import evaluate
from anpr_match.replay.learning import learn_file
from anpr_match.replay.run import Files, run_replay
from anpr_match.replay.weighing import Draws, Week, weigh

HEADER = "read_id,camera_id,captured_at,plate,confidence,candidates,make,colour"
READS = [
    "r2,C2,2026-11-22T10:07:00+00:00,AB5ICDE,0.6,[],SUBARU,SILVER",
    "r1,C1,2026-11-22T10:00:00Z,AB51 CDE,0.99,[],,",
    'r3,C1,2026-11-22T10:09:00+00:00,LUOZTOR,0.4,"[[""LUOZTOR"",0.4],[""LV07TDR"",0.3]]",,',
    "r4,C1,2026-11-22T10:10:00+00:00,,,[],,",
    "r5,C1,2026-11-22T10:11:00+00:00,XY01ZZZ,0.99,[],,",
]
LETTERS = "ABCEFGHJKLMN"
TRUTH = {"r1": "AB51CDE", "r2": "AB51CDE", "r3": "LV07TDR", "r4": "AB51CDE", "r5": "XY01ZZZ"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with reads out of order, a list and the truth."""
    (tmp_path / "reads.csv").write_text("\n".join([HEADER, *READS]) + "\n")
    (tmp_path / "list.csv").write_text("plate,make,colour\nAB51 CDE,Subaru,Silver\nLV07TDR,,\n")
    truth = "\n".join(["read_id,true_plate", *(f"{i},{plate}" for i, plate in TRUTH.items())])
    (tmp_path / "truth.csv").write_text(truth + "\n")
    return tmp_path


def hits_of(folder: Path, reads: str = "reads.csv") -> list[dict[str, object]]:
    files = Files(folder / "list.csv", folder / reads, folder / "hits.jsonl")
    run_replay(files, min_probability=0.001)
    return [json.loads(line) for line in (folder / "hits.jsonl").read_text().splitlines()]


def test_replay_writes_hits_in_time_order(folder: Path) -> None:
    """Hits come in the order of capture, with the plate as listed, and an unread read gives none."""
    hits = hits_of(folder)
    assert [(hit["read_id"], hit["plate"], hit["tier"] == "exact") for hit in hits] == [
        ("r1", "AB51 CDE", True),
        ("r2", "AB51 CDE", False),
        ("r3", "LV07TDR", False),
    ]
    assert set(hits[0]) >= {"read_plate", "probability", "reason", "evidence"}


def test_no_hit_is_certain(folder: Path) -> None:
    """An exact read of the very vehicle minutes after the last one is next to certain, and not more."""
    rows = [f"r{n},C1,2026-11-22T10:0{n}:00Z,AB51CDE,0.999,[],SUBARU,SILVER" for n in range(3)]
    (folder / "reads.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    assert [hit["probability"] for hit in hits_of(folder)] == [0.999999] * 3


def test_a_typed_mark_with_a_swap_is_found(folder: Path) -> None:
    """A mark typed with two characters swapped is a hit at the source that the file of cameras calls typed,
    and none at a camera."""
    rows = [f"{camera},{camera},2026-11-22T10:00:00Z,AB15CDE,,,," for camera in ("desk", "road", "strange")]
    (folder / "reads.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    (folder / "cameras.csv").write_text("camera_id,engine\ndesk,typed\nroad,tesseract-psm7\n")
    files = Files(folder / "list.csv", folder / "reads.csv", folder / "hits.jsonl", folder / "cameras.csv")
    assert run_replay(files, remembering=False).fuzzy == 1
    (hit,) = map(json.loads, (folder / "hits.jsonl").read_text().splitlines())
    assert (hit["read_id"], hit["reason"]) == ("desk", "1 and 5 were swapped")


def test_formats_of_reads_give_the_same_hits(folder: Path) -> None:
    """Gzipped CSV, CSV with carriage returns and JSON lines of the native read give the same hits."""
    plain = hits_of(folder)
    raw = (folder / "reads.csv").read_bytes()
    (folder / "reads.csv.gz").write_bytes(gzip.compress(raw))
    (folder / "dos.csv").write_bytes(raw.replace(b"\n", b"\r\n"))
    lines = []
    for row in READS:
        read_id, camera_id, at, plate, confidence = row.split(",")[:5]
        read: dict[str, object] = {
            "read_id": read_id,
            "camera_id": camera_id,
            "captured_at": at,
            "plate": plate,
        }
        read |= {"confidence": float(confidence)} if confidence else {}
        if read_id == "r2":
            read["vehicle"] = {"make": "SUBARU", "colour": "SILVER"}
        if read_id == "r3":
            read["candidates"] = [
                {"plate": "LUOZTOR", "confidence": 0.4},
                {"plate": "LV07TDR", "confidence": 0.3},
            ]
        lines.append(json.dumps(read))
    (folder / "reads.jsonl").write_text("\n".join(lines))
    for name in ("reads.csv.gz", "dos.csv", "reads.jsonl"):
        assert hits_of(folder, name) == plain


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("r9,C1,yesterday,AB51CDE,,,,", "line 7: captured_at is not a time"),
        ("r9,C1,2026-11-22T10:00:00Z,AB51CDE,", "line 7: 5 cells where the header has 8"),
        ("r9,C1,2026-11-22T10:00:00Z,AB51CDE,high,,,", "line 7: confidence is not a number"),
        ("r9,C1,2026-11-22T10:00:00Z,AB51CDE,,{,,", "line 7: candidates is not a JSON list"),
    ],
)
def test_odd_cells_are_named(folder: Path, row: str, detail: str) -> None:
    """A cell that is not what its column says is refused with the file and the line."""
    (folder / "reads.csv").write_text("\n".join([HEADER, *READS, row]) + "\n")
    with pytest.raises(Refused, match=detail):
        hits_of(folder)


def test_a_missing_column_is_named(folder: Path) -> None:
    """A file without a column that is needed is refused with its name."""
    (folder / "reads.csv").write_text("read_id,plate\nr1,AB51CDE\n")
    with pytest.raises(Refused, match="no column camera_id"):
        hits_of(folder)


def test_evaluation_counts_passages(folder: Path) -> None:
    """Passages with any text count; the listed plate may be spelled with a space."""
    hits_of(folder)
    judged = evaluate(folder / "hits.jsonl", folder / "reads.csv", folder / "truth.csv", folder / "list.csv")
    assert (judged.passages, judged.misread_passages) == (3, 2)
    assert judged.by_threshold[0]["recall"] == 1.0
    assert judged.by_threshold[0]["false"] == 0


def test_a_learned_model_is_used_and_named(folder: Path) -> None:
    """A model learned from files is a file that replay takes, and its name is in every hit."""
    learned = learn_file(folder / "reads.csv", folder / "truth.csv", folder / "model.json")
    files = Files(
        folder / "list.csv", folder / "reads.csv", folder / "hits.jsonl", model=folder / "model.json"
    )
    assert run_replay(files).model == learned.model
    assert (learned.pairs, learned.misread) == (4, 2)


def test_a_file_that_is_no_model_is_refused(folder: Path) -> None:
    """Another file given as a model is refused by name."""
    files = Files(folder / "list.csv", folder / "reads.csv", folder / "hits.jsonl", model=folder / "list.csv")
    with pytest.raises(Refused, match="a model file"):
        run_replay(files)


def test_weights_need_many_misreads(folder: Path) -> None:
    """Weights are not fitted to a handful of misreads."""
    files = [folder / name for name in ("reads.csv", "truth.csv", "list.csv")]
    with pytest.raises(Refused, match="2 misreads of listed vehicles"):
        weigh(Week(files[0], files[1], files[2]), default())


def test_other_readings_are_weighed_on_long_lists_too(tmp_path: Path) -> None:
    """An engine that names a look-alike of every plate is always right on a short list, where no look-alike
    is listed; on a long one many are, and what it names is believed less."""
    week, plates = named_look_alikes(tmp_path)
    model = replace(default(), own=background.count(plates))
    draws = [Draws(2, plates, long_entries) for long_entries in (0, 8000)]
    weights = [weigh(week, model, draw).weights for draw in draws]
    short, long = (found["reading_named"] + found["reading_second"] for found in weights)
    assert 0 < long < short - 0.5


def named_look_alikes(folder: Path) -> tuple[Week, list[str]]:
    """A week of plates that differ in four characters, each read with another plate named, one character
    away; of the 150 listed ones one read is right and one is not. And all plates that pass."""
    chance = random.Random(1)
    plates = [
        "".join([*chance.choices(LETTERS, k=2), "12C", *chance.choices(LETTERS, k=2)]) for _ in range(1500)
    ]
    reads, truth = [HEADER], ["read_id,true_plate"]
    for number, plate in enumerate([*plates[:150], *plates]):
        place = chance.choice([0, 1, 5, 6])
        other = plate[:place] + chance.choice(LETTERS.replace(plate[place], "")) + plate[place + 1 :]
        text, named = (other, plate) if number < 150 else (plate, other)
        when = f"2026-11-22T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"
        offered = f'"[[""{text}"",0.9],[""{named}"",0.6]]"'
        reads.append(f"r{number},C{number % 3},{when},{text},0.9,{offered},,")
        truth.append(f"r{number},{plate}")
    files = {"reads.csv": reads, "truth.csv": truth, "list.csv": ["plate", *plates[:150]]}
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    return Week(*(folder / name for name in files)), plates
