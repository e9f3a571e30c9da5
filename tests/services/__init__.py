"""Real servers for tests and chaos: a Kafka broker, a PostgreSQL server, a browser.

Tests use the fixtures of `tests.services.fixtures`. A person or a script uses
`python -m tests.services`, which starts both servers and prints their addresses.
"""
