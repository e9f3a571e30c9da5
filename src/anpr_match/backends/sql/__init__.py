"""Watchlist, hits, registers and audit in SQL: one implementation for SQLite and PostgreSQL."""
