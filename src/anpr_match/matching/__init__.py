"""Which entries a read could be, and how sure that is. Pure: same input, same output."""
