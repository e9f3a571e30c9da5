"""`python -m tests.services`: both servers until Ctrl-C, with the settings that lead to them.

`python -m tests.services COMMAND…` runs a command with those settings instead, and ends with its code.
"""

import contextlib
import os
import signal
import subprocess
import sys

from tests.services.fixtures import migrated
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres


def main(command: list[str]) -> int:
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        kafka, postgres = Kafka(optimise=True), Postgres(fsync=True)
        stack.callback(kafka.close)
        stack.callback(postgres.close)
        kafka.start()
        postgres.start()
        settings = {
            "ANPR_KAFKA__BOOTSTRAP": kafka.bootstrap,
            "ANPR_DATABASE__URL": migrated(postgres, "anpr"),
        }
        if command:
            return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode
        for name, value in settings.items():
            print(f"export {name}={value}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main(sys.argv[1:]))
