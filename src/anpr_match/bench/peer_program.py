"""What a peer does with the same topic, run by the interpreter of the peers' own virtual environment.

It takes each record, decodes it with the framework's own JSON decoder (orjson in both), brings the plate
to capitals without blanks, and looks it up in a set: no near matches, no probability, no database. The
clock runs from the first record taken. Nothing of `anpr_match` is imported here: it is not installed there.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

LOOK_AT_CLOCK_EVERY = 1_000
STDOUT = 1


class LookUp:
    """The look-up in the list, the count of what was taken, and the end of it all."""

    def __init__(self, listed: frozenset[str], reads_max: int, seconds_max: float) -> None:
        self._listed = listed
        self._reads_max = reads_max
        self._seconds_max = seconds_max
        self._taken = 0
        self._hits = 0
        self._began_s = self._began_cpu_s = 0.0

    def take(self, read: dict[str, Any]) -> None:
        if not self._taken:
            self._began_s, self._began_cpu_s = time.perf_counter(), time.process_time()
        self._taken += 1
        if read["plate"].strip().upper() in self._listed:
            self._hits += 1
        if self._taken >= self._reads_max or not self._taken % LOOK_AT_CLOCK_EVERY:
            self._end_if_done()

    def _end_if_done(self) -> None:
        wall_s, cpu_s = time.perf_counter() - self._began_s, time.process_time() - self._began_cpu_s
        if self._taken >= self._reads_max or wall_s >= self._seconds_max:
            result = {"reads": self._taken, "hits": self._hits, "wall_s": wall_s, "cpu_s": cpu_s}
            # Past sys.stdout, which faust turns into a log.
            os.write(STDOUT, b"\n" + json.dumps(result).encode() + b"\n")
            # Both frameworks end slowly and not always; what there was to be known has been said.
            os._exit(0)


def quixstreams(bootstrap: str, topic: str, group: str, look_up: LookUp) -> None:
    from quixstreams import Application

    app = Application(
        broker_address=bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="WARNING",
        state_dir=tempfile.mkdtemp(prefix="anpr-bench-"),
    )
    app.dataframe(app.topic(topic, value_deserializer="json")).update(look_up.take)
    app.run()


def faust(bootstrap: str, topic: str, group: str, look_up: LookUp) -> None:
    """Taken in batches, which its guide names for speed."""
    import faust as framework

    app = framework.App(
        group,
        broker=f"kafka://{bootstrap}",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        datadir=tempfile.mkdtemp(prefix="anpr-bench-"),
    )

    async def agent(stream: Any) -> AsyncIterator[None]:
        async for batch in stream.take(1_000, within=0.1):
            for read in batch:
                look_up.take(read)
            yield

    app.agent(app.topic(topic, value_serializer="json"))(agent)
    framework.Worker(app, loglevel="ERROR").execute_from_commandline()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("framework", choices=["quixstreams", "faust"])
    for name in ("bootstrap", "topic", "group"):
        asked.add_argument(name)
    asked.add_argument("listed", type=Path, help="a file with one plate a line")
    asked.add_argument("reads_max", type=int)
    asked.add_argument("seconds_max", type=float)
    told = asked.parse_args()
    # faust reads the command line too.
    sys.argv = sys.argv[:1]
    listed = frozenset(told.listed.read_text(encoding="utf-8").split())
    look_up = LookUp(listed, told.reads_max, told.seconds_max)
    peer = quixstreams if told.framework == "quixstreams" else faust
    peer(told.bootstrap, told.topic, told.group, look_up)


if __name__ == "__main__":
    main()
