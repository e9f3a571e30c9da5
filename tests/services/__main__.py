"""`python -m tests.services`: both servers until Ctrl-C, with the settings that lead to them."""

import contextlib
import signal

from tests.services.fixtures import migrated
from tests.services.kafka import Kafka
from tests.services.postgres import Postgres


def main() -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        kafka, postgres = Kafka(optimise=True), Postgres(fsync=True)
        stack.callback(kafka.close)
        stack.callback(postgres.close)
        kafka.start()
        postgres.start()
        print(f"export ANPR_KAFKA__BOOTSTRAP={kafka.bootstrap}")
        print(f"export ANPR_DATABASE__URL={migrated(postgres, 'anpr')}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
