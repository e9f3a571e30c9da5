"""NumPy is kept from what one kind of processor does slowly, and left alone on all others."""

import os
from pathlib import Path

import pytest

from anpr_match.cli import processor

SWITCH = "NPY_DISABLE_CPU_FEATURES"


def cpuinfo(vendor: str, family: int, flags: str) -> str:
    """Two processors as Linux tells of them."""
    one = f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nflags\t\t: {flags}\n\n"
    return one + one.replace(flags, "fpu")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file that tells of the processor; nothing is said in the environment."""
    monkeypatch.setenv(SWITCH, "")
    monkeypatch.delenv(SWITCH)
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(processor, "_CPUINFO", file)
    return file


@pytest.mark.parametrize(
    ("vendor", "family", "flags", "switched"),
    [
        ("AuthenticAMD", 25, "fpu avx2 avx512f avx512dq", "X86_V4"),
        ("AuthenticAMD", 25, "fpu avx2", None),
        ("AuthenticAMD", 26, "fpu avx2 avx512f avx512dq", None),
        ("GenuineIntel", 6, "fpu avx2 avx512f avx512dq", None),
    ],
    ids=["zen-4", "zen-3", "zen-5", "intel"],
)
def test_by_processor(told: Path, vendor: str, family: int, flags: str, switched: str | None) -> None:
    """Zen 4 sorts slowly by AVX-512; Zen 3, of the same family, has none, and the others sort fast by it."""
    told.write_text(cpuinfo(vendor, family, flags), encoding="utf-8")
    processor.settle()
    assert os.environ.get(SWITCH) == switched


@pytest.mark.parametrize("said", ["", "AVX512_SPR"])
def test_what_the_environment_says_stays(told: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Who sets the variable, be it to nothing, has settled it."""
    monkeypatch.setenv(SWITCH, said)
    told.write_text(cpuinfo("AuthenticAMD", 25, "avx512f"), encoding="utf-8")
    processor.settle()
    assert os.environ[SWITCH] == said


def test_where_the_system_does_not_tell(told: Path) -> None:
    """No such file, as on other systems: nothing is changed."""
    assert not told.exists()
    processor.settle()
    assert SWITCH not in os.environ
