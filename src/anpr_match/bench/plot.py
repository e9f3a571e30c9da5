"""The picture of `bench match`: reads a second by the length of the list."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anpr_match.domain.errors import SetUp

_LABELS = {
    "ours": "ours, with probability",
    "ours_batch_4000": "ours, in batches of 4,000",
    "ours_without_memory": "ours, no plate seen before",
    "ours_candidates": "ours, candidates only",
    "rapidfuzz_extract": "rapidfuzz extract",
    "rapidfuzz_cdist": "rapidfuzz cdist",
    "symspellpy": "symspellpy",
    "tantivy": "tantivy fuzzy",
    "memory_limit": "limit of eight loads from memory",
}


def draw(result: Mapping[str, Any], to: Path) -> None:
    """Write the picture; the file's ending says in which format. Raises `SetUp` without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SetUp("the picture needs matplotlib: pip install 'anpr-match[bench]'") from error
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, label in _LABELS.items():
        rows = [row for row in result["results"] if row["name"] == name and "reads_per_s" in row]
        sizes = [row["list_size"] for row in rows]
        # By the time of the processor, which others at work on the machine change least.
        speeds = [row.get("reads_per_cpu_s", row["reads_per_s"]) for row in rows]
        own = name.startswith("ours")
        style = "--" if name == "memory_limit" else "-"
        axes.plot(sizes, speeds, style, marker="o", label=label, linewidth=2.5 if own else 1.2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("plates on the list")
    axes.set_ylabel("reads a second of processor time, one core")
    axes.set_title(
        f"Reads against a watchlist, one edit apart ({result['machine']['processor']})", fontsize=10
    )
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    # The same figures make the same file.
    with mpl.rc_context({"svg.hashsalt": "anpr-match", "svg.fonttype": "none"}):
        figure.savefig(to, metadata={"Date": None} if to.suffix == ".svg" else None)
