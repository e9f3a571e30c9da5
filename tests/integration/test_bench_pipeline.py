"""The measurement of the whole matcher, small: that it measures what it says."""

from pathlib import Path

from anpr_match.bench import pipeline
from anpr_match.bootstrap.stores import open_stores
from anpr_match.settings import Data, Settings


async def test_ours_and_the_bare_loop_take_every_read_of_the_same_topic(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    """Both take all reads, ours records hits anew for each list, and the ratio names the two."""
    plan = pipeline.Plan(reads=2_000, list_sizes=(500, 1_000), hit_rates=(0.02,), partitions=3)
    async with open_stores(Settings(data=Data(dir=tmp_path))) as stores:
        result = await pipeline.run(kafka_bootstrap, stores, plan)
    assert [(r["name"], r["list_size"], r["reads"]) for r in result["results"]] == [
        ("bare_getmany_decode", 0, 2_000),
        ("ours", 500, 2_000),
        ("ours", 1_000, 2_000),
    ]
    assert all(r["hits"] > 10 for r in result["results"][1:])
    assert {"take", "match", "record", "commit", "other", "decode"} == set(
        result["results"][1]["us_per_read"]
    )
    assert list(result["ratios"]) == [
        f"ours/bare_getmany_decode list={size} hits=0.02" for size in (500, 1_000)
    ]
    assert {"processor", "cores", "load_1min"} <= set(result["machine"])
