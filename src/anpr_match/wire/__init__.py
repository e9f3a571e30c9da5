"""Shapes on the wire: JSON to domain values and back. Knows the domain alone."""
