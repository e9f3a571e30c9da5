"""Nouns of the field: immutable values without clock, input or output."""
