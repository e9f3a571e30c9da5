"""The composition root: settings in, parts out, in three modules so that a command loads what it needs.

`stores` (the database), `logs` (the log of reads) and `service` (everything, running). The two sets of
parts are chosen here and nowhere else: Kafka or the local log by whether a broker is set, PostgreSQL or
SQLite by the database's address.
"""
