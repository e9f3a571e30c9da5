"""What NumPy must be told of the processor, before anything loads it."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_ZEN_3_AND_4 = "25"
_SWITCH, _AVX512 = "NPY_DISABLE_CPU_FEATURES", "X86_V4"


def settle() -> None:
    """On an AMD Zen 4 keep NumPy from AVX-512, unless the environment says something about it already.

    NumPy's sort for AVX-512 is five times slower there than its sort for AVX2, since one of its instructions
    is (numpy/x86-simd-sort issue 6); what else the matcher does is as fast without. On any other processor,
    and where the system does not tell which it is, nothing is changed.
    """
    with suppress(OSError), _CPUINFO.open(encoding="utf-8") as lines:
        if is_zen_4(_first(lines)):
            os.environ.setdefault(_SWITCH, _AVX512)


def is_zen_4(processor: Mapping[str, str]) -> bool:
    """Whether these lines of Linux's cpuinfo are of a Zen 4. Its family is that of Zen 3, without AVX-512."""
    family = processor.get("vendor_id"), processor.get("cpu family")
    return family == ("AuthenticAMD", _ZEN_3_AND_4) and "avx512f" in processor.get("flags", "").split()


def _first(lines: Iterable[str]) -> dict[str, str]:
    """The first processor's lines: an empty one is behind them."""
    told = (line.partition(":") for line in takewhile(str.strip, lines))
    return {name.strip(): value.strip() for name, _, value in told}
