"""Ports in memory, for tests and for replaying files: as the others behave, and gone with the process."""
