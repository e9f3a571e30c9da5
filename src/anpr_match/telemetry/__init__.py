"""Logs and numbers. Knows no type of the domain."""
