"""anpr-match: ANPR reads against a shared watchlist, and each hit to the patrol car that can act."""

__version__ = "0.1.0"
