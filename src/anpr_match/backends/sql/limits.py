"""How long, and for how many, a database is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`statement_s` and `idle_in_transaction_s` are kept by PostgreSQL itself; `answer_s` is how much
    longer than a statement may take its answer is waited for; `busy_s` is how long SQLite waits for
    another process's write to end."""

    connections: int = 8
    connect_s: float = 3.0
    pool_wait_s: float = 5.0
    statement_s: float = 10.0
    idle_in_transaction_s: float = 10.0
    answer_s: float = 5.0
    busy_s: float = 5.0
    stop_s: float = 10.0
