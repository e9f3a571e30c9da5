"""Measurements beside peers and beside what the machine allows, in one run."""
