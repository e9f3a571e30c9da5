"""The grammar of a batch is the grammar of each plate; ages follow the calendar."""

import random
from datetime import date

import pytest

from anpr_match.matching import issued, layouts, packing
from anpr_match.matching.grammar import Grammar

ON = date(2026, 11, 22)


def drawn(count: int) -> list[str]:
    """Texts of all layouts, half of them with a character spoilt."""
    choose = random.Random(5)
    grammar = Grammar(ON)
    every = [layout for length in range(packing.LANES + 1) for layout in grammar.layouts(length)]
    texts = []
    for _ in range(count):
        text = "".join(choose.choice(allowed) for allowed in choose.choice(every).places)
        if choose.random() < 0.5:
            place = choose.randrange(len(text))
            text = text[:place] + choose.choice("IQZMN01BA5") + text[place + 1 :]
        texts.append(text)
    return texts


def test_batch_is_single() -> None:
    """A packed plate is British exactly when one of its formats is one of the legal layouts."""
    grammar, texts = Grammar(ON), drawn(4_000)
    legal = {layout.format for layout in layouts.british(ON)}
    words = packing.pack(texts).words
    expected = [any(each.format in legal for each in grammar.formats(text)) for text in texts]
    assert grammar.british(words).tolist() == expected
    assert (grammar.density(words) > 0).tolist() == expected


def test_density_orders() -> None:
    """Current marks crowd, by age; a tag of no office and a format of few vehicles do not."""
    plates = ["AB24CDE", "AB51CDE", "JB24CDE", "A123BCD", "AB01CDE"]
    recent, old, unused, prefix, never = Grammar(ON).density(packing.pack(plates).words).tolist()
    assert 1 > recent > old > 0
    assert recent > 10 * unused > 0
    assert recent > prefix > 0
    assert never == 0


@pytest.mark.parametrize(
    ("on", "newest", "next_one"),
    [
        (date(2001, 9, 1), "51", "02"),
        (date(2026, 2, 28), "75", "26"),
        (date(2026, 3, 1), "26", "76"),
        (date(2026, 8, 31), "26", "76"),
        (date(2026, 9, 1), "76", "27"),
        (date(2050, 3, 1), "50", "00"),
    ],
)
def test_identifiers(on: date, newest: str, next_one: str) -> None:
    """An age identifier counts from its first day; 00 and 01 are not issued, nor is 50 before 2050."""
    known = issued.identifiers(on)
    assert max(known, key=lambda age: known[age]) == newest
    assert next_one not in known
    assert "01" not in known
    assert ("50" in known) == (on >= date(2050, 3, 1))
